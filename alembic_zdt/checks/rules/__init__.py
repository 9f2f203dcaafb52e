"""One file for each check: its reason, an example of either kind, its function."""
