"""Drop a column that running code may still name."""
