"""A session of the test's own process, made by SQLAlchemy as in an application."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from tests.support.db import Db


@contextlib.contextmanager
def own_session(db: Db, driver: str, query: str, **parameters: Any) -> Iterator[int]:
    """Yield the pid of a session that is idle in a transaction after *query*."""
    holding = _on_asyncpg if driver == "asyncpg" else _on_psycopg
    with holding(db, query, parameters) as pid:
        db.wait_until(
            "(SELECT state = 'idle in transaction' FROM pg_stat_activity"
            " WHERE pid = %s)",
            pid,
        )
        yield pid


@contextlib.contextmanager
def _on_psycopg(db: Db, query: str, parameters: dict[str, Any]) -> Iterator[int]:
    engine = sa.create_engine(db.url("psycopg"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        pid = connection.scalar(sa.text("SELECT pg_backend_pid()"))
        connection.execute(sa.text(query), parameters).close()
        yield int(pid or 0)
    engine.dispose()


@contextlib.contextmanager
def _on_asyncpg(db: Db, query: str, parameters: dict[str, Any]) -> Iterator[int]:
    """In a thread, because its event loop must not be that of the migration."""
    pids: list[int] = []
    ready, end = threading.Event(), threading.Event()

    async def hold() -> None:
        from sqlalchemy.ext.asyncio import (  # noqa: TID251  # here there is greenlet
            create_async_engine,
        )

        engine = create_async_engine(db.url("asyncpg"), poolclass=sa.NullPool)
        async with engine.connect() as connection:
            found = await connection.execute(sa.text("SELECT pg_backend_pid()"))
            pids.append(found.scalar_one())
            await connection.execute(sa.text(query), parameters)
            ready.set()
            await asyncio.to_thread(end.wait)
        await engine.dispose()

    thread = threading.Thread(target=asyncio.run, args=(hold(),), daemon=True)
    thread.start()
    try:
        assert ready.wait(30), "the session was not opened"
        yield pids[0]
    finally:
        end.set()
        thread.join(30)
