"""Reasons to hold long work back, each one class with the interface ``Throttle``."""
