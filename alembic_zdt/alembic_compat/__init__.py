"""Access to Alembic's private names, and a fallback where one is missing."""
