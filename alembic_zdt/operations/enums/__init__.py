"""Directives for enum types, and what they share."""
