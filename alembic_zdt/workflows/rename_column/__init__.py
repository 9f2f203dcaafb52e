"""Rename a column while code for either name runs."""
