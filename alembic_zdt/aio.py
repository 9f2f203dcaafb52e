"""Migrations from a program, within its event loop.

Example::

    from sqlalchemy.ext.asyncio import create_async_engine

    from alembic_zdt import aio

    await aio.upgrade(create_async_engine("postgresql+asyncpg://..."))

The event loop keeps running during a migration.  A cancelled task leaves the database
like a killed process does: the next upgrade continues from there.  ``env.py`` must use
the connection that it is given, as that of ``alembic-zdt init`` does.
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
    announced,
    config_of,
    found_revisions,
    over,
    run_downgrade,
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
    phase: PhaseName | None = None,
    old_sessions: str | None = None,
    config: Configuration = "alembic.ini",
) -> None:
    """Run the pending revisions.

    Upgrades of one process run one after the other.

    Args:
        connectable: an engine, or a connection without a transaction, which stays
            open.
        revision: the revision to upgrade to.
        phase: stop before the first revision of a later phase; ``"before_deploy"`` is
            ``"migrate"``, ``"after_deploy"`` is ``"contract"``.
        old_sessions: what a contract does while old sessions are connected:
            ``"refuse"``, ``"wait=10min"`` or ``"ignore"``; default: the setting.
        config: an Alembic ``Config``, or the path of its ini file.

    Raises:
        CommandError: Alembic fails; all errors of this package are of this class.
        RevisionError: an expand or migrate stands behind a contract that is not run
            yet, which the attribute ``contract`` names; ``exit_code`` is 3.
        UsageError: env.py does not use the connection, the ini file is missing, or
            there is no such phase.
        VerificationError: the database is not at the revisions that were run.

    Example::

        await aio.upgrade(engine, "head", phase="before_deploy")

    https://alembic.sqlalchemy.org/en/latest/cookbook.html
    """
    from alembic_zdt.commands.upgrade import upgrade_over  # noqa: PLC0415  # big

    read = config_of(config)

    def work(given: Connection) -> None:
        with over(given, read), verified(read):
            upgrade_over(given, read, revision, phase, old_sessions)

    await _run(connectable, work)


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
    read = config_of(config)

    def work(given: Connection) -> None:
        with over(given, read), announced(read, old_sessions), verified(read):
            run_downgrade(given, revision, read)

    await _run(connectable, work)


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
    """Wait until the database is at the revisions that this code expects.

    Args:
        connectable: as in upgrade().
        timeout: how long to wait; ``0s`` looks once.
        compatible: return once this code finds what it reads: wait for *expand* and
            *migrate*, not for *contract*.  Accept a newer database without a *contract*
            of the newer code.
        config: an Alembic ``Config``, or the path of its ini file.

    Raises:
        NotReadyError: the database was not ready in time.

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
