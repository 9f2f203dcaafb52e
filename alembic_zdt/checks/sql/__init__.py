"""Reads SQL, with the optional parser, as the operations that do the same."""
