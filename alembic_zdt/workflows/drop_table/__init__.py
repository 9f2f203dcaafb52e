"""The drop of a table that no object depends on."""
