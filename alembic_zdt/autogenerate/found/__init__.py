"""Differences that Alembic does not find by itself: renames and enum values."""
