"""The commands that ``alembic-zdt`` adds to Alembic's, one file each."""
