"""Objects that depend on a column, and go when it is dropped."""
