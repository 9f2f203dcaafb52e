"""The step that is a backfill, alone or before others.

https://www.postgresql.org/docs/current/sql-update.html
"""

from __future__ import annotations

from sqlalchemy import ClauseElement

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.inline import Backfilling
from alembic_zdt.backfill.statements import update_where
from alembic_zdt.catalog.storage import Store
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.index_ddl import sql_text
from alembic_zdt.steps import RelationLock, SkipCondition, Step, Transaction

_ASKS_ITS_JOURNAL = SkipCondition("false", "the journal says that it is finished")


def backfilling(
    name: str,
    definition: Definition,
    *,
    background: bool = False,
    skip_if: SkipCondition = _ASKS_ITS_JOURNAL,
) -> Step:
    """One step of many transactions.

    Args:
        name: in the journal.
        definition: what is done to which rows.
        background: only put it into the queue.
        guard: when it need not even be looked at.
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
    )


def expression(value: str | ClauseElement) -> str:
    """An SQL expression as text."""
    return sql_text(value) if isinstance(value, ClauseElement) else value.strip()
