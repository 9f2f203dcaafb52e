"""All of Alembic that is not public, and what happens when it is missing."""
