"""Objects that depend on a column, and are dropped with it."""
