"""How Alembic reaches the database and the models; the rest is in alembic_zdt.env."""

from alembic_zdt import env

# Import the models, so that autogenerate sees their tables:
# from myapp.models import Base
# target_metadata = Base.metadata
target_metadata = None

# The URL is looked for in -x url=, DATABASE_URL_SYNC, DATABASE_URL, alembic.ini and
# pyproject.toml; pass url=settings.database_url to take it from somewhere else.
env.run(target_metadata)
