"""Around each comparison of the models with a database."""
