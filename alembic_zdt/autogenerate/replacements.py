"""What gets another definition under its old name: autogenerate drops it and makes it.

In between there would be neither, and an interrupted run would leave it so.  So the
new one is made beside the old one, and takes its name when that is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.operations import ops

from alembic_zdt.autogenerate import constraints, indexes
from alembic_zdt.autogenerate.change import Change
from alembic_zdt.autogenerate.surroundings import Surroundings
from alembic_zdt.names import QualifiedName, derived
from alembic_zdt.operations.constraint import DropConstraintSafelyOp
from alembic_zdt.operations.rename_constraint import RenameConstraintSafelyOp
from alembic_zdt.phases import Phase


@dataclass(frozen=True)
class Replacement:
    """Two operations that give another definition to one name.

    Attributes:
        drop: the old one.
        create: the new one.
    """

    drop: Any
    create: Any


def paired(flat: Sequence[Any]) -> list[Any]:
    """The operations, those that replace something as one."""
    found: list[Any] = list(flat)
    for create in flat:
        name = _name_of(create, _CREATED)
        drops = [op for op in found if name and _name_of(op, _DROPPED) == name]
        if drops:
            found[found.index(create)] = Replacement(drops[0], create)
            found.remove(drops[0])
    return found


_CREATED: dict[type[Any], str] = {
    ops.CreateIndexOp: "index",
    ops.CreateUniqueConstraintOp: "unique",
    ops.CreateForeignKeyOp: "foreignkey",
}
_DROPPED: dict[type[Any], str] = {
    ops.DropIndexOp: "index",
    ops.DropConstraintOp: "constraint",
}


def _name_of(op: Any, known: dict[type[Any], str]) -> tuple[str, ...] | None:
    """Of what kind it is, of which table and schema, and how it is called."""
    kind = known.get(type(op))
    if kind is None:
        return None
    if kind == "constraint":
        kind = str(op.constraint_type)
    name = op.index_name if kind == "index" else constraints.named(op)
    table = constraints.table_of(op)
    return (kind, table.name, table.schema or "", str(name))


def replaced(pair: Replacement, around: Surroundings) -> Iterator[Change]:
    """The changes that replace an index or a constraint."""
    if type(pair.create) is ops.CreateIndexOp:
        yield from indexes.replaced(pair.drop, pair.create, around)
        return
    table = constraints.table_of(pair.create)
    old, new = pair.drop.reverse(), pair.create
    is_unique = type(new) is ops.CreateUniqueConstraintOp
    if is_unique and around.is_partitioned(table):
        yield from constraints.dropped(pair.drop, around)
        yield from constraints.unique_created(new, around)
        return
    *first, last = _exchange(table, new, around)
    for op in first:
        yield Change(op, (), Phase.CONTRACT)
    yield Change(last, tuple(_exchange(table, old, around)), Phase.CONTRACT)


def _exchange(table: QualifiedName, create: Any, around: Surroundings) -> Iterator[Any]:
    """Make it under another name, drop what has the name, give it the name."""
    name = str(constraints.named(create))
    temporary = derived("zdt_new", name)
    create.constraint_name = temporary
    (change,) = constraints.CREATED[type(create)](create, around)
    kind = "unique" if type(create) is ops.CreateUniqueConstraintOp else "foreignkey"
    schema = table.schema
    yield change.up
    yield DropConstraintSafelyOp(name, table.name, kind, schema=schema)
    yield RenameConstraintSafelyOp(temporary, table.name, name, schema=schema)
