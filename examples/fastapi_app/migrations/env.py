"""How Alembic reaches the database and the models; the rest is in alembic_zdt.env."""

from __future__ import annotations

from models import Base

from alembic_zdt import env

env.run(Base.metadata)
