"""The step that runs a backfill, for each directive that needs one.

https://www.postgresql.org/docs/current/sql-update.html
"""

from __future__ import annotations

from sqlalchemy import ClauseElement

from alembic_zdt.backfill.batch_statements import update_where
from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.inline import Backfilling
from alembic_zdt.catalog.storage import Store
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.calls.sql_text import sql_text
from alembic_zdt.steps import (
    RelationLock,
    SkipCondition,
    Step,
    Transaction,
    Work,
    WorkKind,
)

_ASKS_ITS_JOURNAL = SkipCondition("false", "the journal records it as finished")


def backfilling(
    name: str,
    definition: Definition,
    *,
    background: bool = False,
    skip_if: SkipCondition = _ASKS_ITS_JOURNAL,
) -> Step:
    """Build the step that runs a backfill in many transactions.

    Args:
        name: the name in the journal.
        definition: the rows and the values that they get.
        background: only put it into the queue.
        skip_if: the condition under which it is skipped; default: the journal decides.
    """
    rows = "<the next keys>" if definition.key else "<the next pages>"
    shown = update_where(definition, Store.of(definition.table), rows)
    return Step(
        purpose=f'backfill "{name}"',
        statements=(shown,),
        locks=(RelationLock(LockMode.ROW_EXCLUSIVE, definition.table, tree=True),),
        skip_if=skip_if,
        transaction=Transaction.BATCHES,
        batches=Backfilling(name, definition, background),
        work=None if background else _work(definition),
    )


def _work(definition: Definition) -> Work:
    return Work(
        WorkKind.BACKFILL,
        definition.table,
        tuple(definition.values.values()),
        definition.pending,
        until="VACUUM frees the old row versions",
        targets=tuple(definition.values),
    )


def expression(value: str | ClauseElement) -> str:
    """Return an SQL expression as text."""
    return sql_text(value) if isinstance(value, ClauseElement) else value.strip()
