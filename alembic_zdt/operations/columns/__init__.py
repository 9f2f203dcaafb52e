"""Directives that change one column, and what they share."""
