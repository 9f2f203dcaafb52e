"""Migrations from a program, within its event loop.

Example::

    from sqlalchemy.ext.asyncio import create_async_engine

    from alembic_zdt import aio

    await aio.upgrade(create_async_engine("postgresql+asyncpg://..."))

The loop keeps running meanwhile.  A task that is cancelled leaves the database as a
process that is killed does: another upgrade goes on from there.  ``env.py`` must use
the connection that it is given, as the one of ``alembic-zdt init`` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection

from alembic_zdt.env.process_lock import alone_in_loop
from alembic_zdt.env.programmatic import (
    Configuration,
    config_of,
    found_revisions,
    over,
    run_downgrade,
    run_upgrade,
)
from alembic_zdt.env.verification import verified

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
    config: Configuration = "alembic.ini",
) -> None:
    """Run what is pending.

    Upgrades of one process run one after the other.

    Args:
        connectable: an engine, or a connection without a transaction, which stays
            open.
        revision: where to stop.
        config: Alembic's, or the path of its ini file.

    Raises:
        CommandError: whatever Alembic says; our own errors are such ones, too.
        UsageError: env.py does not use the connection, or no such file.
        VerificationError: what was run is not what is there.

    Example::

        await aio.upgrade(engine, "head", config="alembic.ini")

    https://alembic.sqlalchemy.org/en/latest/cookbook.html
    """
    read = config_of(config)

    def work(given: Connection) -> None:
        with over(given, read), verified(read):
            run_upgrade(given, revision, read)

    await _run(connectable, work)


async def downgrade(
    connectable: AsyncEngine | AsyncConnection,
    revision: str,
    *,
    config: Configuration = "alembic.ini",
) -> None:
    """Take back what is above *revision*; arguments and errors as in upgrade().

    Example::

        await aio.downgrade(engine, "-1", config="alembic.ini")

    https://alembic.sqlalchemy.org/en/latest/cookbook.html
    """
    read = config_of(config)

    def work(given: Connection) -> None:
        with over(given, read), verified(read):
            run_downgrade(given, revision, read)

    await _run(connectable, work)


async def current(
    connectable: AsyncEngine | AsyncConnection,
    *,
    config: Configuration = "alembic.ini",
) -> tuple[str, ...]:
    """The revisions in the database, sorted; errors as in upgrade().

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
    """What ``alembic-zdt check`` finds; errors as in upgrade().

    Example::

        assert (await aio.check(engine)).exit_code == 0

    https://alembic.sqlalchemy.org/en/latest/autogenerate.html
    """
    from alembic_zdt.commands.check import check as command  # noqa: PLC0415  # big

    read = config_of(config)

    def work(given: Connection) -> Checked:
        with over(given, read):
            return command(read)

    return await _run(connectable, work)


async def wait(
    connectable: AsyncEngine | AsyncConnection,
    *,
    timeout: str = "5min",  # noqa: ASYNC109  # it ends with an error of ours
    compatible: bool = False,
    config: Configuration = "alembic.ini",
) -> None:
    """Wait until the database is where this code expects it.

    Args:
        connectable: as in upgrade().
        timeout: how long, ``0s`` looks once.
        compatible: return once this code finds what it reads: wait for *expand* and
            *migrate*, not for *contract*, and accept a newer database that ran none.
        config: Alembic's, or the path of its ini file.

    Raises:
        NotReadyError: it was not until the end of that time.

    Example::

        await aio.wait(engine, timeout="1min", compatible=True)

    https://alembic.sqlalchemy.org/en/latest/api/script.html
    """
    from alembic_zdt.commands.wait import Waiting, unreachable  # noqa: PLC0415  # big

    read = config_of(config)
    waiting = Waiting(read, timeout, compatible)

    def look(given: Connection) -> bool:
        with over(given, read):
            return waiting.looks_in_vain()

    async def once() -> bool:
        try:
            async with asyncio.timeout(waiting.left):
                return await _run(connectable, look)
        except Exception as error:  # noqa: BLE001  # raised again, if it is no answer
            return waiting.goes_on(unreachable(error))

    while await once():  # noqa: ASYNC110  # nobody tells us
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
                # Nothing of a migration's session goes back into the pool, and a
                # statement that was cancelled ends with it.
                await connection.invalidate()
