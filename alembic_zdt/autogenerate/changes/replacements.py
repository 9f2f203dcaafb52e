"""Indexes and constraints that get another definition or another name.

Alembic drops the old one and creates the new one.  In between neither exists, and an
interrupted run leaves neither.  So this package creates the new one under a temporary
name, drops the old one, and renames the new one.  If only the name differs, it renames
the old one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.operations import ops
from sqlalchemy.sql.elements import conv

from alembic_zdt.autogenerate.changes import constraint_changes, index_changes
from alembic_zdt.autogenerate.changes.change import Change, ups
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext
from alembic_zdt.names import derived
from alembic_zdt.operations.calls.sql_text import item_text
from alembic_zdt.operations.constraints.existing_constraint import (
    DropConstraintSafelyOp,
)
from alembic_zdt.operations.constraints.rename_constraint import (
    RenameConstraintSafelyOp,
)
from alembic_zdt.operations.indexes.concurrent_index import DropIndexConcurrentlyOp
from alembic_zdt.operations.indexes.index_ddl import kept, says
from alembic_zdt.operations.indexes.rename_index import RenameIndexSafelyOp
from alembic_zdt.phases import Phase


@dataclass(frozen=True)
class Replacement:
    """A drop and a creation that give a name another definition.

    Attributes:
        drop: operation that drops the old one.
        create: operation that creates the new one.
    """

    drop: Any
    create: Any


@dataclass(frozen=True)
class KindChange(Replacement):
    """A drop and a creation that turn an index into a constraint, or the reverse."""


@dataclass(frozen=True)
class Renaming(Replacement):
    """A drop and a creation that give a definition another name."""


def paired(flat: Sequence[Any]) -> list[Any]:
    """Return all operations, each replacement or renaming combined into one."""
    dropped = [op for op in flat if type(op) in _DROPPED]
    if not dropped:
        return list(flat)
    drops = _Drops(dropped)
    found: dict[int, Any] = {id(op): op for op in flat}
    for create in flat:
        pair = drops.paired_with(create) if type(create) in _CREATED else None
        if pair is not None:
            found[id(create)] = pair
            del found[id(pair.drop)]
    return list(found.values())


class _Drops:
    """The drops without a matching creation, by name and by definition."""

    def __init__(self, drops: Iterable[Any]) -> None:
        self._taken: set[int] = set()
        self._by: dict[Any, dict[Any, list[Any]]] = {pair: {} for pair, _ in _PAIRS}
        for drop in drops:
            for pair, described in _PAIRS:
                self._by[pair].setdefault(described(drop), []).append(drop)

    def paired_with(self, create: Any) -> Replacement | None:
        for pair, described in _PAIRS:
            wanted = described(create)
            for drop in self._by[pair].get(wanted, ()) if wanted else ():
                if id(drop) not in self._taken:
                    self._taken.add(id(drop))
                    return pair(drop, create)
        return None


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
    return (kind, constraint_changes.table_of(op), str(_name_of(op)))


def _name_of(op: Any) -> Any:
    if isinstance(op, ops.CreateIndexOp | ops.DropIndexOp):
        return kept(op.index_name or "", "index")
    return constraint_changes.named(op)


def _shared_name(op: Any) -> tuple[Any, ...] | None:
    """Return the table and name of an index or a UNIQUE constraint, else None."""
    kind, *place = _name(op)
    return tuple(place) if kind in ("index", "unique") else None


def _definition(op: Any) -> tuple[Any, ...] | None:
    """Return all but the name, None if the definition is not known."""
    if isinstance(op, _DROPPED):
        try:
            op = op.reverse()
        except ValueError:  # written by hand
            return None
    if type(op) is ops.CreateForeignKeyOp:
        parent = (op.referent_table, tuple(op.local_cols), tuple(op.remote_cols))
        return ("foreignkey", constraint_changes.table_of(op), *parent, _options(op))
    if type(op) not in _CREATED:
        return None
    columns = tuple(item_text(column) for column in op.columns)
    unique = bool(getattr(op, "unique", True))
    table = constraint_changes.table_of(op)
    return (_CREATED[type(op)], table, columns, unique, _options(op))


def _options(op: Any) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((k, item_text(v)) for k, v in op.kw.items() if says(v)))


_PAIRS: tuple[tuple[type[Replacement], Callable[[Any], Any]], ...] = (
    (Replacement, _name),
    (KindChange, _shared_name),
    (Renaming, _definition),
)


def replaced(pair: Replacement, context: SchemaContext) -> Iterator[Change]:
    """Yield the changes that replace or rename an index or a constraint."""
    old, new = pair.drop.reverse(), pair.create
    table = constraint_changes.table_of(new)
    is_index = type(old) is type(new) is ops.CreateIndexOp
    if isinstance(pair, Renaming):
        yield _called_otherwise(pair)
    elif isinstance(pair, KindChange) and _is_same(old, new):
        yield from _from_its_index(pair, context)
    elif is_index and not context.is_partitioned(table):
        yield from index_changes.replaced(pair.drop, new, context)
    else:
        yield from _in_sequence(old, new, context, tuple(_exchange(new, old, context)))


def _called_otherwise(pair: Renaming) -> Change:
    """Return the change that renames an index or a constraint."""
    table = constraint_changes.table_of(pair.create)
    safe: Any
    if type(pair.create) is ops.CreateIndexOp:
        names = str(_name_of(pair.drop)), str(_name_of(pair.create))
        safe = RenameIndexSafelyOp(*names, schema=table.schema)
        return Change(safe, (safe.reverse(),), Phase.EXPAND)
    old = str(pair.drop.constraint_name)
    new = str(constraint_changes.named(pair.create))
    safe = RenameConstraintSafelyOp(old, table.name, new, schema=table.schema)
    # Old code may use ON CONFLICT ON CONSTRAINT with the old name.
    return Change(safe, (safe.reverse(),), Phase.CONTRACT)


def _from_its_index(pair: Replacement, context: SchemaContext) -> Iterator[Change]:
    """Yield the changes that turn a unique index into a constraint, or the reverse.

    The constraint takes the existing index.  PostgreSQL cannot do the opposite.
    """
    old, new = pair.drop.reverse(), pair.create
    if type(new) is ops.CreateUniqueConstraintOp:
        (change,) = constraint_changes.unique_created(new, context)
        yield Change(change.up, tuple(_exchange(new, old, context)), Phase.EXPAND)
        return
    (back,) = constraint_changes.unique_created(old, context)
    yield from _in_sequence(old, new, context, ups([back]))


def _in_sequence(
    old: Any, new: Any, context: SchemaContext, down: tuple[Any, ...]
) -> Iterator[Change]:
    """Yield the steps of an exchange, each of which needs the one before."""
    table, steps = constraint_changes.table_of(new), list(_exchange(old, new, context))
    names = [
        frozenset({("step", table.schema, f"{table.name}.{_name_of(new)}.{number}")})
        for number in range(len(steps) + 1)
    ]
    for number, step in enumerate(steps):
        back = down if step is steps[-1] else ()
        before, after = names[number], names[number + 1]
        yield Change(step, back, Phase.CONTRACT, takes=before, frees=after)


def _is_same(old: Any, new: Any) -> bool:
    """Check whether an index and a unique constraint have the same definition."""
    return all(bool(getattr(op, "unique", True)) for op in (old, new)) and (
        _parts_of(old) == _parts_of(new)
    )


def _parts_of(op: Any) -> tuple[Any, ...]:
    ignored = {"source_schema", "referent_schema", "postgresql_concurrently"}
    options = [pair for pair in _options(op) if pair[0] not in ignored]
    return tuple(item_text(column) for column in op.columns), tuple(options)


def _exchange(old: Any, new: Any, context: SchemaContext) -> Iterator[Any]:
    """Yield the steps: create with a temporary name, drop the old one, rename."""
    table, name = constraint_changes.table_of(new), str(_name_of(new))
    temporary = derived("zdt_new", name)
    create = copy.copy(new)
    if type(new) is ops.CreateIndexOp:
        create.index_name = temporary
        (change,) = index_changes.created(create, context)
    else:
        # conv() keeps a naming convention from changing the name.
        create.constraint_name = conv(temporary)
        (change,) = constraint_changes.CREATED[type(create)](create, context)
    yield change.up
    yield _dropped(old)
    schema = table.schema
    if type(new) is ops.CreateIndexOp:
        yield RenameIndexSafelyOp(temporary, name, schema=schema)
    else:
        yield RenameConstraintSafelyOp(temporary, table.name, name, schema=schema)


def _dropped(old: Any) -> Any:
    table, name = constraint_changes.table_of(old), str(_name_of(old))
    if type(old) is ops.CreateIndexOp:
        return DropIndexConcurrentlyOp(name, table.name, schema=table.schema)
    kind = _CREATED[type(old)]
    return DropConstraintSafelyOp(conv(name), table.name, kind, schema=table.schema)
