"""Questions to a database about a change before it is made, without a trace."""
