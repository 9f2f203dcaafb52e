"""The revision files: their number, their operations and their docstrings."""
