"""Questions to a database about a planned change, which leave no trace."""
