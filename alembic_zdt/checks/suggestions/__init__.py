"""The calls that checks suggest in place of an unsafe one."""
