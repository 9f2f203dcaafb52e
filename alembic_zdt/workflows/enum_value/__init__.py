"""Rename and remove values of an enum type."""
