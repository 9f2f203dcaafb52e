"""The step that drops an index, and the search for an index that is missing.

https://www.postgresql.org/docs/current/sql-dropindex.html
"""

from __future__ import annotations

from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import INDEXABLE
from alembic_zdt.operations.indexes.index_steps import is_meant
from alembic_zdt.operations.nothing_to_drop import Sought
from alembic_zdt.steps import RelationLock, SkipCondition, Step, Transaction


def drop_purpose(index: QualifiedName) -> str:
    """Return what a drop does, as a phrase for messages."""
    return f'drop index "{index.label}"'


def sought_index(index: QualifiedName, table: QualifiedName | None) -> Sought:
    """Return the index, and the query for other indexes.

    Args:
        index: the index to drop.
        table: its table, None if the call names none.
    """
    of_table = f"i.indrelid = {table.regclass}" if table else _VISIBLE
    return Sought(
        "index",
        index.name,
        f"({index.regclass} IS NOT NULL)",
        table,
        f"{_INDEXES} WHERE {of_table}",
        f'Table "{table.label}" has' if table else "The indexes here:",
        {"index": index.label},
        INDEXABLE,
    )


def drop_one(
    index: QualifiedName,
    named: QualifiedName | None,
    table: QualifiedName | None,
    gone: SkipCondition,
) -> Step:
    """Build the step that drops an index concurrently.

    Args:
        index: the index.
        named: the table that the call names.
        table: the table of the index, None if it is unknown.
        gone: the condition under which the step is skipped.
    """
    mode = LockMode.SHARE_UPDATE_EXCLUSIVE
    known = named or table
    lock = RelationLock(mode, known) if known else None
    return Step(
        purpose=drop_purpose(index),
        statements=(f"DROP INDEX CONCURRENTLY {index.sql}",),
        unconditional=f"DROP INDEX CONCURRENTLY IF EXISTS {index.sql}",
        locks=(lock or RelationLock(mode, index, kind="index"),),
        skip_if=gone,
        preconditions=(is_meant(index, named),),
        transaction=Transaction.AUTOCOMMIT,
        waits_for_snapshots=True,
        waits_for_readers=True,
    )


def drop_tree(
    index: QualifiedName,
    named: QualifiedName | None,
    table: QualifiedName | None,
    gone: SkipCondition,
) -> Step:
    """Build the step that drops the index of a partitioned table.

    Args:
        index: the index.
        named: the table that the call names.
        table: the table of the index, None if it is unknown.
        gone: the condition under which the step is skipped.
    """
    mode = LockMode.ACCESS_EXCLUSIVE
    lock = RelationLock(mode, table, tree=True) if table else None
    purpose = f"{drop_purpose(index)} of the partitioned table and its partitions"
    return Step(
        purpose=purpose,
        statements=(f"DROP INDEX {index.sql}",),
        locks=(lock or RelationLock(mode, index, kind="index"),),
        skip_if=gone,
        preconditions=(is_meant(index, named),),
    )


_INDEXES = (
    "SELECT c.relname::text FROM pg_catalog.pg_index i"
    " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
)
_VISIBLE = (
    "pg_catalog.pg_table_is_visible(c.oid)"
    " AND c.relnamespace <> 'pg_catalog'::pg_catalog.regnamespace"
)
