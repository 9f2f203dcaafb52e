"""Migrations from a program, within its event loop.

Example::

    from sqlalchemy.ext.asyncio import create_async_engine

    from alembic_zdt import aio

    await aio.upgrade(create_async_engine("postgresql+asyncpg://..."))

The event loop keeps running during a migration.  A cancelled task leaves the database
like a killed process does: the next upgrade continues from there.  ``env.py`` must use
the caller's connection, as the ``env.py`` that ``alembic-zdt init`` writes does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection

from alembic_zdt.env.process_lock import alone_in_loop
from alembic_zdt.env.programmatic import (
    Configuration,
    PhaseName,
    config_of,
    found_revisions,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import (  # noqa: TID251  # for types only
        AsyncConnection,
        AsyncEngine,
    )

    from alembic_zdt.commands.check import Checked

__all__ = ["check", "current", "downgrade", "upgrade", "wait"]

Found = TypeVar("Found")


async def upgrade(
    connectable: AsyncEngine | AsyncConnection,
    revision: str = "heads",
    *,
    phase: PhaseName | None = None,
    old_sessions: str | None = None,
    config: Configuration = "alembic.ini",
) -> None:
    """Run the pending revisions.

    Upgrades of one process run one after the other.  Arguments and errors are those of
    :func:`alembic_zdt.api.upgrade`, but an engine or a connection is needed.

    Example::

        await aio.upgrade(engine, "head", phase="before_deploy")

    https://alembic.sqlalchemy.org/en/latest/cookbook.html
    """
    from alembic_zdt.commands.upgrade import upgrade_over  # noqa: PLC0415  # big

    read = config_of(config)
    await _run(
        connectable,
        lambda given: upgrade_over(given, read, revision, phase, old_sessions),
    )


async def downgrade(
    connectable: AsyncEngine | AsyncConnection,
    revision: str,
    *,
    old_sessions: str | None = None,
    config: Configuration = "alembic.ini",
) -> None:
    """Downgrade to *revision*.

    Arguments and errors are those of :func:`upgrade`.

    Example::

        await aio.downgrade(engine, "-1", config="alembic.ini")

    https://alembic.sqlalchemy.org/en/latest/cookbook.html
    """
    from alembic_zdt.commands.downgrade import downgrade_over  # noqa: PLC0415  # big

    read = config_of(config)
    await _run(
        connectable, lambda given: downgrade_over(given, read, revision, old_sessions)
    )


async def current(
    connectable: AsyncEngine | AsyncConnection,
    *,
    config: Configuration = "alembic.ini",
) -> tuple[str, ...]:
    """Return the revisions in the database, sorted.

    Errors are those of :func:`upgrade`.

    Example::

        assert await aio.current(engine) == ("4f1c2d7a9b3e",)

    https://alembic.sqlalchemy.org/en/latest/cookbook.html
    """
    read = config_of(config)
    return await _run(connectable, lambda given: found_revisions(given, read))


async def check(
    connectable: AsyncEngine | AsyncConnection,
    *,
    config: Configuration = "alembic.ini",
) -> Checked:
    """Run the checks of ``alembic-zdt check`` and return the result.

    Errors are those of :func:`upgrade`.

    Example::

        assert (await aio.check(engine)).exit_code == 0

    https://alembic.sqlalchemy.org/en/latest/autogenerate.html
    """
    from alembic_zdt.commands.check import check_over  # noqa: PLC0415  # big

    read = config_of(config)
    return await _run(connectable, lambda given: check_over(given, read))


async def wait(
    connectable: AsyncEngine | AsyncConnection,
    *,
    timeout: str = "5min",  # noqa: ASYNC109  # a NotReadyError ends the wait
    compatible: bool = False,
    config: Configuration = "alembic.ini",
) -> None:
    """Wait until the database is at the revisions that this code expects.

    Arguments and errors are those of :func:`alembic_zdt.api.wait`.

    Example::

        await aio.wait(engine, timeout="1min", compatible=True)

    https://alembic.sqlalchemy.org/en/latest/api/script.html
    """
    from alembic_zdt.commands.wait import Waiting, unreachable  # noqa: PLC0415  # big

    read = config_of(config)
    waiting = Waiting(read, timeout, compatible)

    async def once() -> bool:
        try:
            async with asyncio.timeout(waiting.left):
                return await _run(connectable, waiting.is_not_ready_over)
        except Exception as error:  # noqa: BLE001  # most of them are raised again
            return waiting.goes_on(unreachable(error))

    while await once():  # noqa: ASYNC110  # there is no event to wait for
        await asyncio.sleep(waiting.pause)


async def _run(
    connectable: AsyncEngine | AsyncConnection, work: Callable[[Connection], Found]
) -> Found:
    from sqlalchemy.ext.asyncio import (  # noqa: PLC0415, TID251  # needs greenlet
        AsyncEngine,
    )

    async with alone_in_loop():
        if not isinstance(connectable, AsyncEngine):
            return await connectable.run_sync(work)
        async with connectable.connect() as connection:
            try:
                return await connection.run_sync(work)
            finally:
                # Close the session: its settings do not go back into the pool, and a
                # cancelled statement ends with it.
                await connection.invalidate()
