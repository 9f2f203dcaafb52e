"""Change the type of a column that is in use."""
