"""Alembic's own synchronous env.py; the URL comes from the environment."""

from __future__ import annotations

import os
from logging.config import fileConfig

from alembic import context
from models import Base
from sqlalchemy import create_engine, pool

config = context.config

# A program that runs migrations in-process (demo.py) keeps its own logging.
if config.config_file_name is not None and config.attributes.get(
    "configure_logger", True
):
    fileConfig(config.config_file_name, disable_existing_loggers=False)

target_metadata = Base.metadata


def database_url() -> str:
    """Return the address of the shop's database."""
    return os.environ["ZDT_DATABASE_URL"]


def run_migrations_offline() -> None:
    """Write SQL to standard output instead of running it."""
    context.configure(
        url=database_url(),
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Connect and run."""
    engine = create_engine(database_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
