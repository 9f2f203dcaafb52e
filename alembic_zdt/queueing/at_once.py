"""Run a call at once instead of queueing it, if its table is new or empty.

A new database would otherwise stop at the first contract behind a queued call.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from alembic_zdt.catalog import table_age
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName
from alembic_zdt.queueing.asking import asking
from alembic_zdt.runner.run_state import run_state

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")


def at_once_if_new(context: MigrationContext, operation: Any) -> Any:
    """Return the operation that runs the call, if no session can wait for it.

    Args:
        context: the migration context of the run.
        operation: the operation of a call, which may be queued.

    Returns:
        The operation itself if it is not queued, or if its table is in use.
    """
    if operation.later is None or context.connection is None:
        return operation
    with asking(context, operation.purpose) as database:
        table = _table_of(database, operation)
        begin = run_state(context).began
        if table is None or table_age.in_use(database, [table], begin):
            return operation
    log.info("not queued: %s (its table is new or empty)", operation.queue_name)
    return operation.at_once()


def _table_of(database: Database, operation: Any) -> QualifiedName | None:
    """Return the table that a call works on, None if it does not exist."""
    for question in operation.questions():
        for kind in ("table", "index"):
            name = getattr(question, kind, None)
            if isinstance(name, QualifiedName):
                for schema, table in database.rows(_of(name)):
                    return QualifiedName(str(table), str(schema))
    return None


def _of(name: QualifiedName) -> str:
    """Return a query for schema and name of a table, or of an index's table."""
    return (
        "SELECT n.nspname, t.relname FROM pg_catalog.pg_class c"
        " LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid"
        " JOIN pg_catalog.pg_class t ON t.oid = coalesce(i.indrelid, c.oid)"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
        f" WHERE c.oid = {name.regclass}"
    )
