"""Migrations from a program, with a sync driver.

Example::

    from sqlalchemy import create_engine

    from alembic_zdt import api

    api.upgrade(create_engine("postgresql+psycopg://..."), config="alembic.ini")

For asyncio see :mod:`alembic_zdt.aio`.  ``env.py`` must use the caller's connection, as
the ``env.py`` that ``alembic-zdt init`` writes does.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from alembic_zdt.env.process_lock import alone
from alembic_zdt.env.programmatic import (
    Configuration,
    PhaseName,
    config_of,
    found_revisions,
)

if TYPE_CHECKING:
    from alembic_zdt.commands.check import Checked

__all__ = ["check", "current", "downgrade", "upgrade", "wait"]


def upgrade(
    connectable: Engine | Connection | None = None,
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
            open; default: the database to which env.py connects by itself.
        revision: the revision to upgrade to.
        phase: stop before the first revision whose phase comes after this one;
            ``"before_deploy"`` is ``"migrate"``, ``"after_deploy"`` is ``"contract"``.
        old_sessions: what a contract does while old sessions are connected:
            ``"refuse"``, ``"wait=10min"`` or ``"ignore"``; default: the setting.
        config: an Alembic ``Config``, or the path of its ini file.

    Raises:
        CommandError: Alembic fails; all errors of this package are of this class.
        RevisionError: an expand or migrate comes after a contract that has not run
            yet; the attribute ``contract`` names the contract, ``exit_code`` is 3.
        UsageError: env.py does not use the connection, the ini file is missing, or
            there is no such phase.
        VerificationError: the database is not at the revisions that were run.

    Example::

        api.upgrade(engine, "head", phase="before_deploy")

    https://alembic.sqlalchemy.org/en/latest/api/commands.html
    """
    from alembic_zdt.commands.upgrade import upgrade_over  # noqa: PLC0415  # big

    read = config_of(config)
    with alone():
        upgrade_over(connectable, read, revision, phase, old_sessions)


def downgrade(
    connectable: Engine | Connection | None,
    revision: str,
    *,
    old_sessions: str | None = None,
    config: Configuration = "alembic.ini",
) -> None:
    """Downgrade to *revision*.

    Arguments and errors are those of :func:`upgrade`.

    Example::

        api.downgrade(engine, "-1", config="alembic.ini")

    https://alembic.sqlalchemy.org/en/latest/api/commands.html
    """
    from alembic_zdt.commands.downgrade import downgrade_over  # noqa: PLC0415  # big

    read = config_of(config)
    with alone():
        downgrade_over(connectable, read, revision, old_sessions)


def current(
    connectable: Engine | Connection | None = None,
    *,
    config: Configuration = "alembic.ini",
) -> tuple[str, ...]:
    """Return the revisions in the database, sorted.

    Errors are those of :func:`upgrade`.

    Example::

        assert api.current(engine) == ("4f1c2d7a9b3e",)

    https://alembic.sqlalchemy.org/en/latest/api/commands.html
    """
    read = config_of(config)
    with alone():
        return found_revisions(connectable, read)


def check(
    connectable: Engine | Connection | None = None,
    *,
    config: Configuration = "alembic.ini",
) -> Checked:
    """Run the checks of ``alembic-zdt check`` and return the result.

    Errors are those of :func:`upgrade`.

    Example::

        assert api.check(engine).exit_code == 0

    https://alembic.sqlalchemy.org/en/latest/autogenerate.html
    """
    from alembic_zdt.commands.check import check_over  # noqa: PLC0415  # big

    read = config_of(config)
    with alone():
        return check_over(connectable, read)


def wait(
    connectable: Engine | Connection | None = None,
    *,
    timeout: str = "5min",
    compatible: bool = False,
    config: Configuration = "alembic.ini",
) -> None:
    """Wait until the database is at the revisions that this code expects.

    Args:
        connectable: the database, as in :func:`upgrade`.
        timeout: the longest wait, for example ``5min``; ``0s`` checks once.
        compatible: return once the database has all that this code reads: wait for
            *expand* and *migrate*, not for *contract*.  Accept a newer database, unless
            newer code has run a *contract*.
        config: an Alembic ``Config``, or the path of its ini file.

    Raises:
        NotReadyError: the database was not ready in time.

    Example::

        api.wait(engine, timeout="1min", compatible=True)

    https://alembic.sqlalchemy.org/en/latest/api/script.html
    """
    from alembic_zdt.commands.wait import Waiting  # noqa: PLC0415  # big

    read = config_of(config)
    waiting = Waiting(read, timeout, compatible)
    while True:
        with alone():  # others may migrate between two checks
            if not waiting.is_not_ready_over(connectable):
                return
        time.sleep(waiting.pause)
