"""The directives: one file per story, each with its operation, reverse and steps."""
