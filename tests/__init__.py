"""Tests: the folder says the kind, PostgreSQL is always a real one."""
