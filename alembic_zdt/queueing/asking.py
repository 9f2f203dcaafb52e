"""Ask the database for queued calls in the middle of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.connection.database import Database
from alembic_zdt.runner.explanations import ends_explained

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@contextmanager
def asking(context: MigrationContext, purpose: str) -> Iterator[Database]:
    """Let the body query in a transaction, and end a transaction that this has begun.

    Args:
        context: the migration context of a run, which has a connection.
        purpose: the purpose of the query, as a phrase for messages.

    Raises:
        ConnectionLostError: the connection to the server is lost.
    """
    connection = context.connection
    if connection is None:
        raise RuntimeError(context)
    was_open = connection.in_transaction()
    told = ends_explained(purpose)
    with told, contexts.transaction_of_a_migration(context):
        yield Database(connection)
    if not was_open and connection.in_transaction():
        connection.rollback()  # SQLAlchemy has begun it for the query alone
