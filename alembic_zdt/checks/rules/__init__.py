"""One file for each check: its reason, an example of either kind, and the look."""
