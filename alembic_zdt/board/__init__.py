"""The page of ``alembic-zdt board``, which shows what goes on and changes nothing."""
