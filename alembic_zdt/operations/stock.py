"""The locks of Alembic's own operations, measured on PostgreSQL 14 to 18.

``alembic-zdt plan`` needs them to show a whole revision, not only our directives.
If the lock depends on facts that only the server knows, the entry has a caution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.ddl.postgresql import CreateExcludeConstraintOp
from alembic.operations import ops
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
)

from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import RelationLock


@dataclass(frozen=True)
class StockLocks:
    """The effects of a stock operation on tables that exist already.

    Attributes:
        locks: the strongest lock on each table.
        scans: the tables that are read from end to end meanwhile.
        caution: a note on effects that only the server knows.
    """

    locks: tuple[RelationLock, ...] = ()
    scans: tuple[str, ...] = ()
    caution: str = ""


@dataclass(frozen=True)
class BatchedOperations:
    """The operations that ``batch_alter_table()`` collected and ran at its end.

    Attributes:
        table_name: the table.
        operations: the operations, in the order of the calls.
        recreates: whether the table was copied into a new one.
    """

    table_name: str
    operations: tuple[Any, ...]
    recreates: bool = False


def stock_locks(operation: Any) -> StockLocks | None:
    """Return the locks of a stock operation, None if they are unknown."""
    if isinstance(operation, BatchedOperations):
        parts = [stock_locks(one) for one in operation.operations]
        return None if operation.recreates else _together(parts)
    describe = _KNOWN.get(type(operation))
    return describe(operation) if describe else None


def made_and_gone(
    operation: Any,
) -> tuple[tuple[QualifiedName, ...], tuple[QualifiedName, ...]]:
    """Return the table names that an operation creates, and those that it removes."""
    if isinstance(operation, ops.CreateTableOp):
        return (_table(operation),), ()
    if isinstance(operation, ops.RenameTableOp):
        old = _table(operation)
        return (old.sibling(operation.new_table_name),), (old,)
    if isinstance(operation, ops.DropTableOp):
        return (), (_table(operation),)
    return (), ()


def is_plain(operation: Any) -> bool:
    """Check whether a stock operation has known locks and adds no rows.

    CREATE TABLE counts only if its name surely means the new table: see
    :func:`makes_surely`.
    """
    if isinstance(operation, ops.CreateTableOp):
        return makes_surely(operation)
    return type(operation) in _KNOWN and not isinstance(operation, ops.BulkInsertOp)


def makes_surely(operation: Any) -> bool:
    """Check whether the name of a created table surely refers to the new table.

    Without IF NOT EXISTS the call fails if the table exists already.  But a temporary
    table and an ordinary one may have the same name, and a name that begins with
    ``pg_`` may mean a table of the system catalog.
    """
    if not isinstance(operation, ops.CreateTableOp):
        return False
    is_unsure = operation.if_not_exists or operation.prefixes
    return not (is_unsure or str(operation.table_name).startswith("pg_"))


def _together(parts: Sequence[StockLocks | None]) -> StockLocks | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    locks = [lock for part in known for lock in part.locks]
    scans = dict.fromkeys(name for part in known for name in part.scans)
    cautions = dict.fromkeys(part.caution for part in known if part.caution)
    return StockLocks(_strongest(locks), tuple(scans), "; ".join(cautions))


def _strongest(locks: Iterable[RelationLock]) -> tuple[RelationLock, ...]:
    """Return the strongest lock on each relation, in the order of first use."""
    found: dict[tuple[QualifiedName, str], RelationLock] = {}
    weakest_first = list(LockMode)
    for lock in locks:
        key = (lock.name, lock.kind)
        held = found.setdefault(key, lock)
        if weakest_first.index(lock.mode) > weakest_first.index(held.mode):
            found[key] = lock
    return tuple(found.values())


def _table(operation: Any) -> QualifiedName:
    return QualifiedName(str(operation.table_name), operation.schema)


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
    parents = tuple(_parents(column.foreign_keys))
    is_inline = bool(getattr(operation, "inline_references", None))
    scans = [table] if _reads_table(column) else []
    if parents and has_default(column):
        scans += [table, *parents]
    elif parents and not is_inline:
        # All rows get NULL, so only this table is read, and inline not even this one.
        scans.append(table)
    locks = (
        RelationLock(LockMode.ACCESS_EXCLUSIVE, table),
        *_each(LockMode.SHARE_ROW_EXCLUSIVE, parents),
    )
    read = tuple(dict.fromkeys(name.sql for name in scans))
    return StockLocks(_strongest(locks), read, _rewrite(column))


def _reads_table(column: Column[Any]) -> bool:
    """Check whether the server must read existing rows, foreign keys aside."""
    if not column.nullable and not has_default(column) and column.computed is None:
        return True
    has_check = any(isinstance(one, CheckConstraint) for one in column.constraints)
    return bool(column.unique or column.index or has_check or has_enum_check(column))


def has_enum_check(column: Column[Any]) -> bool:
    """Check whether the column's type brings a CHECK, which Alembic adds separately."""
    kind = column.type
    is_native = getattr(kind, "native_enum", isinstance(kind, Boolean))
    return bool(getattr(kind, "create_constraint", False)) and not is_native


def has_default(column: Column[Any]) -> bool:
    """Check whether existing rows get a value from the server."""
    return column.server_default is not None or bool(column.identity)


def is_serial(column: Column[Any]) -> bool:
    """Check whether SQLAlchemy makes the column SERIAL, as an integer primary key."""
    is_said = column.autoincrement is True
    return (
        bool(column.primary_key)
        and isinstance(column.type, Integer)
        and (is_said or column.autoincrement == "auto")
        and not (column.foreign_keys or column.server_default or column.identity)
    )


def _rewrite(column: Column[Any]) -> str:
    # Alembic runs no Python-side default on rows that exist.
    if column.computed is not None and column.computed.persisted is not False:
        return "a stored generated column rewrites the table"
    if column.identity is not None or is_serial(column):
        return "an identity column rewrites the table"
    if column.server_default is not None and column.computed is None:
        return "a volatile default rewrites the table"
    return ""


def _parents(foreign_keys: Iterable[ForeignKey]) -> Iterator[QualifiedName]:
    for key in foreign_keys:
        schema, _, name = key.target_fullname.rpartition(".")[0].rpartition(".")
        yield QualifiedName(name, schema or None)


def _each(mode: LockMode, tables: Iterable[QualifiedName]) -> tuple[RelationLock, ...]:
    return tuple(RelationLock(mode, table) for table in dict.fromkeys(tables))


def _alter_column(operation: ops.AlterColumnOp) -> StockLocks:
    table = _table(operation)
    scans: tuple[str, ...] = ()
    cautions = []
    if operation.modify_nullable is False:
        scans = (table.sql,)
        cautions.append("SET NOT NULL reads the table unless a valid CHECK proves it")
    if operation.modify_type is not None:
        cautions.append(
            "changing the type rewrites the table and its indexes, unless PostgreSQL "
            "can keep the stored values; a foreign key on the column takes the same "
            "lock on the other table"
        )
    mode = LockMode.ACCESS_EXCLUSIVE
    if _is_comment_only(operation):
        mode = LockMode.SHARE_UPDATE_EXCLUSIVE
    return StockLocks((RelationLock(mode, table),), scans, "; ".join(cautions))


def _is_comment_only(operation: ops.AlterColumnOp) -> bool:
    return (
        operation.modify_comment is not False
        and operation.modify_server_default is False
        and operation.modify_nullable is None
        and operation.modify_type is None
        and operation.modify_name is None
    )


def _create_index(operation: ops.CreateIndexOp) -> StockLocks:
    table = _table(operation)
    concurrently = operation.kw.get("postgresql_concurrently")
    mode = LockMode.SHARE_UPDATE_EXCLUSIVE if concurrently else LockMode.SHARE
    return StockLocks((RelationLock(mode, table),), (table.sql,))


def _drop_index(operation: ops.DropIndexOp) -> StockLocks:
    concurrently = operation.kw.get("postgresql_concurrently")
    exclusive, update = LockMode.ACCESS_EXCLUSIVE, LockMode.SHARE_UPDATE_EXCLUSIVE
    mode = update if concurrently else exclusive
    if operation.table_name:
        return StockLocks((RelationLock(mode, _table(operation)),))
    index = QualifiedName(str(operation.index_name), operation.schema)
    lock = RelationLock(mode, index, kind="index")
    return StockLocks((lock,), caution="the table of the index gets the same lock")


def _create_foreign_key(operation: ops.CreateForeignKeyOp) -> StockLocks:
    kw = operation.kw
    child = QualifiedName(operation.source_table, kw.get("source_schema"))
    parent = QualifiedName(operation.referent_table, kw.get("referent_schema"))
    locks = _each(LockMode.SHARE_ROW_EXCLUSIVE, (child, parent))
    if kw.get("postgresql_not_valid"):
        return StockLocks(locks)
    return StockLocks(locks, tuple(lock.relation for lock in locks))


def _create_check(operation: ops.CreateCheckConstraintOp) -> StockLocks:
    table = _table(operation)
    scans = () if operation.kw.get("postgresql_not_valid") else (table.sql,)
    return StockLocks((RelationLock(LockMode.ACCESS_EXCLUSIVE, table),), scans)


def _drop_constraint(operation: ops.DropConstraintOp) -> StockLocks:
    caution = ""
    if operation.constraint_type in {None, "foreignkey"}:
        caution = "a foreign key takes the same lock on the referenced table"
    lock = RelationLock(LockMode.ACCESS_EXCLUSIVE, _table(operation))
    return StockLocks((lock,), caution=caution)


def _create_table(operation: ops.CreateTableOp) -> StockLocks:
    table = _table(operation)
    # Not from operation.to_table(): it would take the columns away from the call.
    parents = _parents(_foreign_keys(operation))
    others = [parent for parent in parents if parent != table]
    return StockLocks(_each(LockMode.SHARE_ROW_EXCLUSIVE, others))


def _foreign_keys(operation: ops.CreateTableOp) -> Iterator[ForeignKey]:
    for part in operation.columns:
        if isinstance(part, Column):
            yield from part.foreign_keys
        elif isinstance(part, ForeignKeyConstraint):
            yield from part.elements


def _bulk_insert(operation: ops.BulkInsertOp) -> StockLocks:
    table = QualifiedName(
        operation.table.name, getattr(operation.table, "schema", None)
    )
    return StockLocks((RelationLock(LockMode.ROW_EXCLUSIVE, table),))


_KNOWN: dict[type[Any], Callable[[Any], StockLocks]] = {
    ops.AddColumnOp: _add_column,
    ops.AlterColumnOp: _alter_column,
    ops.BulkInsertOp: _bulk_insert,
    ops.CreateCheckConstraintOp: _create_check,
    ops.CreateForeignKeyOp: _create_foreign_key,
    ops.CreateIndexOp: _create_index,
    ops.CreatePrimaryKeyOp: _only(LockMode.ACCESS_EXCLUSIVE, scan=True),
    ops.CreateTableCommentOp: _only(LockMode.SHARE_UPDATE_EXCLUSIVE),
    ops.CreateTableOp: _create_table,
    ops.CreateUniqueConstraintOp: _only(LockMode.ACCESS_EXCLUSIVE, scan=True),
    CreateExcludeConstraintOp: _only(LockMode.ACCESS_EXCLUSIVE, scan=True),
    ops.DropColumnOp: _only(
        LockMode.ACCESS_EXCLUSIVE,
        caution="a foreign key on the column takes the same lock on the other table",
    ),
    ops.DropConstraintOp: _drop_constraint,
    ops.DropIndexOp: _drop_index,
    ops.DropTableCommentOp: _only(LockMode.SHARE_UPDATE_EXCLUSIVE),
    ops.DropTableOp: _only(
        LockMode.ACCESS_EXCLUSIVE,
        caution="every table that its foreign keys refer to gets the same lock",
    ),
    ops.RenameTableOp: _only(LockMode.ACCESS_EXCLUSIVE),
}
