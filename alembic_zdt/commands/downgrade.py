"""``alembic-zdt downgrade``: Alembic's downgrade, followed by a verification.

https://alembic.sqlalchemy.org/en/latest/api/commands.html
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config

from alembic_zdt.alembic_compat import runs
from alembic_zdt.env.programmatic import announced, over, run_to
from alembic_zdt.env.verification import verified

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


def downgrade(
    config: Config,
    revision: str,
    *,
    sql: bool = False,
    tag: str | None = None,
    old_sessions: str | None = None,
) -> None:
    """Downgrade all revisions above *revision*.

    Args:
        config: Alembic's configuration.
        revision: the revision to stop at; with *sql* a range.
        sql: write a script instead.
        tag: the value of Alembic's option ``--tag``, which env.py may read.
        old_sessions: the value in place of the setting; None keeps the setting.

    Raises:
        CommandError: Alembic failed.
        VerificationError: the downgrade was rolled back silently, or left an INVALID
            index.
    """
    offline = runs.dialect_without_url() if sql else nullcontext()
    with announced(config, old_sessions), verified(config), offline:
        command.downgrade(config, revision, sql, tag)


def downgrade_over(
    given: Connection | Engine | None,
    config: Config,
    revision: str,
    old_sessions: str | None,
) -> None:
    """Downgrade over a program's connection.

    Args:
        given: the caller's connection, None if env.py connects.
        config: Alembic's configuration.
        revision: the revision to stop at.
        old_sessions: the value in place of the setting; None keeps the setting.

    Raises:
        VerificationError: see ``downgrade()``.
    """
    with over(given, config), announced(config, old_sessions), verified(config):
        run_to(given, revision, config, downgrade=True)
