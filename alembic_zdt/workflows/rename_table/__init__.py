"""Rename a table while code for either name runs."""
