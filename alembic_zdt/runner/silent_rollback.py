"""Report a run that env.py does not commit, even a run without any directive.

After a statement before ``context.configure()`` the connection has a transaction, and
Alembic leaves it to the caller to commit it.  If env.py closes the connection instead,
everything is rolled back without a message, and the command succeeds.
https://docs.sqlalchemy.org/en/20/core/connections.html#commit-as-you-go
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from alembic_zdt.alembic_compat import contexts, dialects, environments, runs
from alembic_zdt.connection.session import is_in_transaction
from alembic_zdt.errors import VerificationError

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_GUARDED = "_zdt_guarded"


def guard(context: MigrationContext) -> None:
    """Make env.py fail at its end if it closed the connection without a commit."""
    connection: Any = context.connection
    if connection is None or context.as_sql or hasattr(context, _GUARDED):
        return
    if not dialects.is_postgresql(context):
        return
    setattr(context, _GUARDED, True)
    if not contexts.has_external_transaction(context):
        return
    transaction, close = connection.get_transaction(), connection.close
    lost: list[bool] = []

    def closing() -> None:
        if transaction is not None and transaction.is_active:
            lost.append(runs.is_done(context) and _is_open(connection))
        close()

    connection.close = closing
    # The error of env.py is looked for at its end.  The connection may be closed in
    # another task, which does not see that error.
    handled = sys.exc_info()[1]

    def at_the_end() -> None:
        if any(lost) and sys.exc_info()[1] is handled:
            raise rolled_back()

    environments.at_the_end_of_env(context, at_the_end)


def _is_open(connection: Connection) -> bool:
    """Check for an open transaction, because a COMMIT may have been sent as text."""
    if connection.invalidated or connection.closed:
        return False
    return is_in_transaction(connection)


def rolled_back() -> VerificationError:
    """Build the error for a connection that was closed without a commit."""
    return VerificationError(
        "the revisions were rolled back: env.py closed the connection without a commit",
        detail="A statement before context.configure() had begun a transaction, which "
        "Alembic leaves to env.py.",
        hint=COMMIT_FIRST,
    )


COMMIT_FIRST = (
    "If env.py runs a statement before context.configure(), call "
    "connection.commit() after that statement. Or let env.py call "
    "alembic_zdt.env.run()."
)
