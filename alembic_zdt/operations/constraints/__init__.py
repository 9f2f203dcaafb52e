"""Directives for constraints, and what they share."""
