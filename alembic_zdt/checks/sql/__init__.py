"""Conversion of SQL to operations, with the optional parser."""
