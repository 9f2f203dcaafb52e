"""What Alembic finds nothing of by itself: renames, values of enum types."""
