"""SQL as the operations that do the same, read by the optional parser."""
