"""Tests: laid out like the package, PostgreSQL is always a real one."""
