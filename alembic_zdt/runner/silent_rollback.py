"""A run that nobody commits is an error, also where only Alembic's own is run.

After a statement before ``context.configure()`` the connection has a transaction, and
Alembic leaves it to the caller to commit it.  If env.py closes the connection instead,
all is rolled back in silence, and the command ends well.
https://docs.sqlalchemy.org/en/20/core/connections.html#commit-as-you-go
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from alembic_zdt import compat, compat_runs
from alembic_zdt.errors import VerificationError

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_GUARDED = "_zdt_guarded"


def guard(context: MigrationContext) -> None:
    """Let closing the connection fail, if that rolls back what was run."""
    connection: Any = context.connection
    if connection is None or context.as_sql or hasattr(context, _GUARDED):
        return
    setattr(context, _GUARDED, True)
    if not compat.has_external_transaction(context):
        return
    transaction, close = connection.get_transaction(), connection.close

    def closing() -> None:
        is_open = transaction is not None and transaction.is_active
        close()
        if is_open and _ended_well(context):
            raise rolled_back()

    connection.close = closing


def _ended_well(context: MigrationContext) -> bool:
    """Whether env.py itself is at its end, after the last revision.

    Whoever has passed the connection may have wanted nothing to be kept.
    """
    if sys.exc_info()[0] is not None or not compat_runs.is_done(context):
        return False
    return compat_runs.is_in_env(context)


def rolled_back() -> VerificationError:
    """The error for a connection that was closed with all that was run."""
    return VerificationError(
        "what was run was rolled back: env.py closed the connection without a commit",
        detail="A statement before context.configure() had begun a transaction, which "
        "Alembic leaves to env.py.",
        hint="Call connection.commit() in env.py after any statement before "
        "context.configure(), or let it call alembic_zdt.env.run().",
    )
