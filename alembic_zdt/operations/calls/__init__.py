"""The caller's call: its arguments, their documentation, its text."""
