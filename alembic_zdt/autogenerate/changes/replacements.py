"""Indexes and constraints that get another definition or another name.

Alembic drops the old one and creates the new one.  In between neither exists, also
after an interrupted run.  So this package creates the new one under a temporary name,
drops the old one, and renames the new one.  If only the name differs, it renames the
old one.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.operations import ops
from sqlalchemy import ClauseElement, Column

from alembic_zdt.autogenerate.changes import constraints, indexes
from alembic_zdt.autogenerate.changes.change import Change
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext
from alembic_zdt.names import QualifiedName, derived
from alembic_zdt.operations.arguments import says
from alembic_zdt.operations.constraint import DropConstraintSafelyOp
from alembic_zdt.operations.index_ddl import sql_text
from alembic_zdt.operations.rename_constraint import RenameConstraintSafelyOp
from alembic_zdt.operations.rename_index import RenameIndexSafelyOp
from alembic_zdt.phases import Phase


@dataclass(frozen=True)
class Replacement:
    """Two operations that give another definition to one name.

    Attributes:
        drop: operation that drops the old one.
        create: operation that creates the new one.
    """

    drop: Any
    create: Any


@dataclass(frozen=True)
class Renaming(Replacement):
    """Two operations that give another name to one definition."""


def paired(flat: Sequence[Any]) -> list[Any]:
    """Return the operations, with each replacement and renaming as one."""
    found: list[Any] = list(flat)
    for create in flat:
        for pair, described in ((Replacement, _name), (Renaming, _definition)):
            wanted = described(create) if type(create) in _CREATED else None
            drops = [op for op in found if type(op) in _DROPPED]
            drop = next(
                (op for op in drops if wanted and described(op) == wanted), None
            )
            if drop is not None:
                found[found.index(create)] = pair(drop, create)
                found.remove(drop)
                break
    return found


_CREATED = {
    ops.CreateIndexOp: "index",
    ops.CreateUniqueConstraintOp: "unique",
    ops.CreateForeignKeyOp: "foreignkey",
}
_DROPPED = (ops.DropIndexOp, ops.DropConstraintOp)


def _name(op: Any) -> tuple[Any, ...]:
    """Return the kind, the table and the name of an index or a constraint."""
    if type(op) in _CREATED:
        kind = _CREATED[type(op)]
    else:
        kind = getattr(op, "constraint_type", "index")
    name = op.index_name if kind == "index" else constraints.named(op)
    return (kind, constraints.table_of(op), str(name))


def _definition(op: Any) -> tuple[Any, ...] | None:
    """Return all but the name, None if the definition is not known."""
    if isinstance(op, _DROPPED):
        try:
            op = op.reverse()
        except ValueError:  # written by hand
            return None
    if type(op) is ops.CreateForeignKeyOp:
        parent = (op.referent_table, tuple(op.local_cols), tuple(op.remote_cols))
        return ("foreignkey", constraints.table_of(op), *parent, _options(op))
    if type(op) not in _CREATED:
        return None
    columns = tuple(_written(column) for column in op.columns)
    unique = bool(getattr(op, "unique", True))
    table = constraints.table_of(op)
    return (_CREATED[type(op)], table, columns, unique, _options(op))


def _options(op: Any) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((k, _written(v)) for k, v in op.kw.items() if says(v)))


def _written(part: Any) -> str:
    if isinstance(part, Column):
        return str(part.name)
    return sql_text(part) if isinstance(part, ClauseElement) else str(part)


def replaced(pair: Replacement, context: SchemaContext) -> Iterator[Change]:
    """Yield the changes that replace or rename an index or a constraint."""
    if isinstance(pair, Renaming):
        yield _called_otherwise(pair)
        return
    if type(pair.create) is ops.CreateIndexOp:
        yield from indexes.replaced(pair.drop, pair.create, context)
        return
    table = constraints.table_of(pair.create)
    old, new = pair.drop.reverse(), pair.create
    is_unique = type(new) is ops.CreateUniqueConstraintOp
    if is_unique and context.is_partitioned(table):
        yield from constraints.dropped(pair.drop, context)
        yield from constraints.unique_created(new, context)
        return
    *first, last = _exchange(table, new, context)
    for op in first:
        yield Change(op, (), Phase.CONTRACT)
    yield Change(last, tuple(_exchange(table, old, context)), Phase.CONTRACT)


def _called_otherwise(pair: Renaming) -> Change:
    """Return the change that renames an index or a constraint."""
    table = constraints.table_of(pair.create)
    safe: Any
    if type(pair.create) is ops.CreateIndexOp:
        names = str(pair.drop.index_name), str(pair.create.index_name)
        safe = RenameIndexSafelyOp(*names, schema=table.schema)
        return Change(safe, (safe.reverse(),), Phase.EXPAND)
    old, new = str(pair.drop.constraint_name), str(constraints.named(pair.create))
    safe = RenameConstraintSafelyOp(old, table.name, new, schema=table.schema)
    # Old code may use ON CONFLICT ON CONSTRAINT with the old name.
    return Change(safe, (safe.reverse(),), Phase.CONTRACT)


def _exchange(
    table: QualifiedName, create: Any, context: SchemaContext
) -> Iterator[Any]:
    """Yield the steps: create with a temporary name, drop the old one, rename."""
    name = str(constraints.named(create))
    temporary = derived("zdt_new", name)
    create = copy.copy(create)
    create.constraint_name = temporary
    (change,) = constraints.CREATED[type(create)](create, context)
    kind = "unique" if type(create) is ops.CreateUniqueConstraintOp else "foreignkey"
    schema = table.schema
    yield change.up
    yield DropConstraintSafelyOp(name, table.name, kind, schema=schema)
    yield RenameConstraintSafelyOp(temporary, table.name, name, schema=schema)
