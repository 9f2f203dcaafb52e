"""Add a column whose values have to be computed for existing rows."""
