"""``alembic-zdt downgrade``: Alembic's, and a look whether it is really there.

https://alembic.sqlalchemy.org/en/latest/api/commands.html
"""

from __future__ import annotations

from contextlib import nullcontext

from alembic import command
from alembic.config import Config

from alembic_zdt.alembic_compat import runs
from alembic_zdt.env.programmatic import announced
from alembic_zdt.env.verification import verified


def downgrade(
    config: Config,
    revision: str,
    *,
    sql: bool = False,
    tag: str | None = None,
    old_sessions: str | None = None,
) -> None:
    """Take back what is above *revision*.

    Args:
        config: Alembic's.
        revision: where to stop; with *sql* a range.
        sql: write a script instead.
        tag: for env.py.
        old_sessions: the value of the setting, None: as it is set elsewhere.

    Raises:
        CommandError: whatever Alembic says.
        VerificationError: it was rolled back in silence, or left an INVALID index.
    """
    offline = runs.dialect_without_url() if sql else nullcontext()
    with announced(config, old_sessions), verified(config), offline:
        command.downgrade(config, revision, sql, tag)
