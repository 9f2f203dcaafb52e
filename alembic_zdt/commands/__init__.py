"""The commands of ``alembic-zdt`` that Alembic does not have, one file each."""
