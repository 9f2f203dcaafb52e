"""Directives for indexes, and what they share."""
