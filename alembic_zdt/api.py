"""Migrations from a program, with a sync driver.

Example::

    from sqlalchemy import create_engine

    from alembic_zdt import api

    api.upgrade(create_engine("postgresql+psycopg://..."), config="alembic.ini")

For asyncio see :mod:`alembic_zdt.aio`.  ``env.py`` must use the connection that it is
given, as the one of ``alembic-zdt init`` does.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from alembic_zdt.env.process_lock import alone
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
    from alembic_zdt.commands.check import Checked

__all__ = ["check", "current", "downgrade", "upgrade", "wait"]


def upgrade(
    connectable: Engine | Connection | None = None,
    revision: str = "heads",
    *,
    config: Configuration = "alembic.ini",
) -> None:
    """Run what is pending.

    Upgrades of one process run one after the other.

    Args:
        connectable: an engine, or a connection without a transaction, which stays
            open; default: what env.py connects to by itself.
        revision: where to stop.
        config: Alembic's, or the path of its ini file.

    Raises:
        CommandError: whatever Alembic says; our own errors are such ones, too.
        UsageError: env.py does not use the connection, or no such file.
        VerificationError: what was run is not what is there.

    Example::

        api.upgrade(engine, "head", config="alembic.ini")

    https://alembic.sqlalchemy.org/en/latest/api/commands.html
    """
    read = config_of(config)
    with alone(), over(connectable, read), verified(read):
        run_upgrade(connectable, revision, read)


def downgrade(
    connectable: Engine | Connection | None,
    revision: str,
    *,
    config: Configuration = "alembic.ini",
) -> None:
    """Take back what is above *revision*; arguments and errors as in upgrade().

    Example::

        api.downgrade(engine, "-1", config="alembic.ini")

    https://alembic.sqlalchemy.org/en/latest/api/commands.html
    """
    read = config_of(config)
    with alone(), over(connectable, read), verified(read):
        run_downgrade(connectable, revision, read)


def current(
    connectable: Engine | Connection | None = None,
    *,
    config: Configuration = "alembic.ini",
) -> tuple[str, ...]:
    """The revisions in the database, sorted; errors as in upgrade().

    Example::

        assert api.current(engine) == ("4f1c2d7a9b3e",)

    https://alembic.sqlalchemy.org/en/latest/api/commands.html
    """
    with alone():
        return found_revisions(connectable, config_of(config))


def check(
    connectable: Engine | Connection | None = None,
    *,
    config: Configuration = "alembic.ini",
) -> Checked:
    """What ``alembic-zdt check`` finds; errors as in upgrade().

    Example::

        assert api.check(engine).exit_code == 0

    https://alembic.sqlalchemy.org/en/latest/autogenerate.html
    """
    from alembic_zdt.commands.check import check as command  # noqa: PLC0415  # big

    read = config_of(config)
    with alone(), over(connectable, read):
        return command(read)


def wait(
    connectable: Engine | Connection | None = None,
    *,
    timeout: str = "5min",
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

        api.wait(engine, timeout="1min", compatible=True)

    https://alembic.sqlalchemy.org/en/latest/api/script.html
    """
    from alembic_zdt.commands.wait import Waiting  # noqa: PLC0415  # big

    read = config_of(config)
    waiting = Waiting(read, timeout, compatible)
    while True:
        with alone(), over(connectable, read):  # others may migrate between two looks
            if not waiting.looks_in_vain():
                return
        time.sleep(waiting.pause)
