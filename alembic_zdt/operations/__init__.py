"""The directives, each with its operation, its reverse and its steps."""
