"""One operation of a planned revision, with its downgrade and its phase."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from alembic.operations.ops import MigrateOperation

from alembic_zdt.names import QualifiedName
from alembic_zdt.phases import Phase

DUPLICATES = (
    "It is refused when there are duplicates, and from then on code that writes "
    "duplicates fails."
)
"""A note for the reviewer of a unique index or constraint."""

Name = tuple[str, str | None, str]


def relation(table: QualifiedName, name: str) -> Name:
    """Return the key that identifies a relation's name in the schema of *table*."""
    return ("relation", table.schema, name)


def constraint(table: QualifiedName, name: str) -> Name:
    """Return the key that identifies the name of a constraint on *table*."""
    return (f"constraint of {table.name}", table.schema, name)


@dataclass(frozen=True)
class Change:
    """One operation of a revision that will be written.

    Attributes:
        up: operation of the upgrade, None for nothing.
        down: operations of the downgrade, in order.
        phase: its phase, None for the earliest phase of the other changes.
        notes: sentences for the reviewer of the revision.
        takes: names that objects get.
        frees: names that no object has any more.
        sources: operations of autogenerate that the change comes from.
        repeatable: whether the same call does no harm when it is repeated.
    """

    up: MigrateOperation | None
    down: tuple[MigrateOperation, ...]
    phase: Phase | None
    notes: tuple[str, ...] = ()
    takes: frozenset[Name] = field(default_factory=frozenset)
    frees: frozenset[Name] = field(default_factory=frozenset)
    sources: tuple[Any, ...] = ()
    repeatable: bool = True


def ups(changes: Iterable[Change]) -> tuple[MigrateOperation, ...]:
    """Return the upgrade operations of changes, as the downgrade of another change."""
    return tuple(change.up for change in changes if change.up is not None)


def without_repeats(changes: Iterable[Change]) -> Iterator[Change]:
    """Yield the changes, except those whose call repeats an earlier one.

    Autogenerate may find a type's CHECK as a CHECK of the table, too.
    """
    seen: set[str] = set()
    for change in changes:
        call = getattr(change.up, "call", None)
        if call is None or call not in seen:
            yield change
        if call is not None:
            seen.add(call)
