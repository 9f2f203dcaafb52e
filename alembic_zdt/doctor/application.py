"""Checks of the application's own engine against the server and the migrations.

https://docs.sqlalchemy.org/en/20/core/pooling.html
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine

from alembic_zdt.doctor.drivers import about_caches, about_prepared_statements
from alembic_zdt.errors import UsageError
from alembic_zdt.findings import Finding
from alembic_zdt.runner.pooler import goes_through_transaction_pool


def named(name: str) -> Any:
    """Import the engine that ``module:attribute`` names or returns.

    Raises:
        UsageError: it names no engine.
    """
    module, _, attribute = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
        engine = found() if callable(found) else found
    except Exception as error:
        raise _no_engine(name, f"{type(error).__name__}: {error}.") from error
    if not isinstance(getattr(engine, "sync_engine", engine), Engine):
        raise _no_engine(name, f"It is of type {type(engine).__name__}.")
    return engine


def _no_engine(name: str, detail: str) -> UsageError:
    return UsageError(
        f'--engine "{name}" names no engine',
        detail=detail,
        hint="Write --engine myapp.database:engine, the name of an Engine, an "
        "AsyncEngine or a function that returns one. Set PYTHONPATH or "
        "prepend_sys_path so that it can be imported.",
    )


def engine(found: Any) -> list[Finding]:
    """Return the findings about an engine, sync or async.

    Raises:
        SQLAlchemyError: it cannot connect.
    """
    if isinstance(found, Engine):
        try:
            with found.connect() as connection:
                return list(_about(connection))
        finally:
            found.dispose()
    return asyncio.run(_about_async(found))


async def _about_async(found: Any) -> list[Finding]:
    try:
        async with found.connect() as connection:
            return list(await connection.run_sync(lambda own: list(_about(own))))
    finally:
        await found.dispose()


def _about(connection: Connection) -> Iterator[Finding]:
    if connection.dialect.name != "postgresql":
        hint = "The directives are for PostgreSQL only."
        yield Finding.error(f"the engine is for {connection.dialect.name}", hint)
        return
    yield from about_caches(connection)
    if goes_through_transaction_pool(connection):
        yield from about_prepared_statements(connection)
