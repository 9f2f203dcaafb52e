"""The locks, scans and rewrites of statements, seen from a second session."""
