"""Run the migrations with the models and the database of this project."""

from __future__ import annotations

from models import Base

from alembic_zdt import env

env.run(Base.metadata)
