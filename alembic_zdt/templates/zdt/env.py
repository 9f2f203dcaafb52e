"""Run the migrations with the models and the database of this project."""

from alembic_zdt import env

# Import the models, so that autogenerate sees their tables:
# from myapp.models import Base
# target_metadata = Base.metadata
target_metadata = None

# env.run() looks for the URL in -x url=, DATABASE_URL_SYNC, DATABASE_URL, alembic.ini
# and pyproject.toml.  Pass url=settings.database_url to take it from somewhere else.
env.run(target_metadata)
