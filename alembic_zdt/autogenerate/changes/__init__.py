"""Conversion of autogenerate's operations to changes, each with its phase."""
