"""One file for each check: its reason, a bad and a good example, its function."""
