"""The locks of Alembic's own operations, measured on PostgreSQL 12 to 18.

For ``alembic-zdt plan``, which shows a whole revision and not only our part of it.
Where the lock depends on what only the server knows, the entry says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from alembic.operations import ops

from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import RelationLock


@dataclass(frozen=True)
class StockLocks:
    """What a stock operation does to the tables that exist already.

    Attributes:
        locks: the strongest mode on each.
        scans: the tables that are read from end to end meanwhile.
        caution: what could not be known without the server.
    """

    locks: tuple[RelationLock, ...] = ()
    scans: tuple[str, ...] = ()
    caution: str = ""


def stock_locks(operation: Any) -> StockLocks | None:
    """The locks of a stock operation, None when they are not known."""
    describe = _KNOWN.get(type(operation))
    return describe(operation) if describe else None


def _table(operation: Any) -> QualifiedName:
    return QualifiedName(operation.table_name, operation.schema)


def _only(
    mode: LockMode, *, scan: bool = False, caution: str = ""
) -> Callable[[Any], StockLocks]:
    def describe(operation: Any) -> StockLocks:
        table = _table(operation)
        scans = (table.sql,) if scan else ()
        return StockLocks((RelationLock(mode, table),), scans, caution)

    return describe


def _add_column(operation: ops.AddColumnOp) -> StockLocks:
    table, column = _table(operation), operation.column
    locks = [RelationLock(LockMode.ACCESS_EXCLUSIVE, table)]
    parents = list(_parents(column.foreign_keys, table))
    locks += [RelationLock(LockMode.SHARE_ROW_EXCLUSIVE, p) for p in parents]
    scans = table.sql if column.index or column.unique or parents else ""
    caution = ""
    if column.server_default is not None or column.computed or column.identity:
        caution = "a volatile default, an identity or a stored value rewrites the table"
    return StockLocks(tuple(locks), (scans,) if scans else (), caution)


def _parents(foreign_keys: Any, table: QualifiedName) -> Iterator[QualifiedName]:
    for key in foreign_keys:
        schema, _, name = key.target_fullname.rpartition(".")[0].rpartition(".")
        yield QualifiedName(name, schema or table.schema)


def _alter_column(operation: ops.AlterColumnOp) -> StockLocks:
    table = _table(operation)
    mode = LockMode.ACCESS_EXCLUSIVE
    scans: tuple[str, ...] = ()
    caution = ""
    if operation.modify_nullable is False:
        scans = (table.sql,)
        caution = "SET NOT NULL reads the table unless a valid CHECK proves it"
    if operation.modify_type is not None:
        caution = "changing the type rewrites the table, unless the server need not"
    return StockLocks((RelationLock(mode, table),), scans, caution)


def _create_index(operation: ops.CreateIndexOp) -> StockLocks:
    table = _table(operation)
    concurrently = operation.kw.get("postgresql_concurrently")
    mode = LockMode.SHARE_UPDATE_EXCLUSIVE if concurrently else LockMode.SHARE
    return StockLocks((RelationLock(mode, table),), (table.sql,))


def _drop_index(operation: ops.DropIndexOp) -> StockLocks:
    if not operation.table_name:
        index = QualifiedName(str(operation.index_name), operation.schema)
        lock = RelationLock(LockMode.ACCESS_EXCLUSIVE, index, kind="index")
        return StockLocks((lock,), caution="and the same lock on its table")
    concurrently = operation.kw.get("postgresql_concurrently")
    exclusive, update = LockMode.ACCESS_EXCLUSIVE, LockMode.SHARE_UPDATE_EXCLUSIVE
    mode = update if concurrently else exclusive
    return StockLocks((RelationLock(mode, _table(operation)),))


def _create_foreign_key(operation: ops.CreateForeignKeyOp) -> StockLocks:
    kw = operation.kw
    child = QualifiedName(operation.source_table, kw.get("source_schema"))
    parent = QualifiedName(operation.referent_table, kw.get("referent_schema"))
    both = (child, parent)
    mode = LockMode.SHARE_ROW_EXCLUSIVE
    scans = () if kw.get("postgresql_not_valid") else tuple(t.sql for t in both)
    return StockLocks(tuple(RelationLock(mode, table) for table in both), scans)


def _drop_constraint(operation: ops.DropConstraintOp) -> StockLocks:
    caution = ""
    if operation.constraint_type in {None, "foreignkey"}:
        caution = "a foreign key takes the same lock on the referenced table"
    lock = RelationLock(LockMode.ACCESS_EXCLUSIVE, _table(operation))
    return StockLocks((lock,), caution=caution)


def _create_table(operation: ops.CreateTableOp) -> StockLocks:
    table = QualifiedName(operation.table_name, operation.schema)
    made = operation.to_table()
    parents = dict.fromkeys(_parents(made.foreign_keys, table))
    mode = LockMode.SHARE_ROW_EXCLUSIVE
    locks = tuple(RelationLock(mode, parent) for parent in parents if parent != table)
    return StockLocks(locks)


def _bulk_insert(operation: ops.BulkInsertOp) -> StockLocks:
    table = QualifiedName(operation.table.name, operation.table.schema)
    return StockLocks((RelationLock(LockMode.ROW_EXCLUSIVE, table),))


_KNOWN: dict[type[Any], Callable[[Any], StockLocks]] = {
    ops.AddColumnOp: _add_column,
    ops.AlterColumnOp: _alter_column,
    ops.BulkInsertOp: _bulk_insert,
    ops.CreateCheckConstraintOp: _only(LockMode.ACCESS_EXCLUSIVE, scan=True),
    ops.CreateForeignKeyOp: _create_foreign_key,
    ops.CreateIndexOp: _create_index,
    ops.CreatePrimaryKeyOp: _only(LockMode.ACCESS_EXCLUSIVE, scan=True),
    ops.CreateTableCommentOp: _only(LockMode.SHARE_UPDATE_EXCLUSIVE),
    ops.CreateTableOp: _create_table,
    ops.CreateUniqueConstraintOp: _only(LockMode.ACCESS_EXCLUSIVE, scan=True),
    ops.DropColumnOp: lambda op: StockLocks(
        (RelationLock(LockMode.ACCESS_EXCLUSIVE, _table(op)),)
    ),
    ops.DropConstraintOp: _drop_constraint,
    ops.DropIndexOp: _drop_index,
    ops.DropTableCommentOp: _only(LockMode.SHARE_UPDATE_EXCLUSIVE),
    ops.DropTableOp: _only(
        LockMode.ACCESS_EXCLUSIVE,
        caution="and the same lock on every table its foreign keys refer to",
    ),
    ops.RenameTableOp: _only(LockMode.ACCESS_EXCLUSIVE),
}
