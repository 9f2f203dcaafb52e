"""What autogenerate found, as what will be done in which phase."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from alembic.operations.ops import MigrateOperation

from alembic_zdt.names import QualifiedName
from alembic_zdt.phases import Phase

Name = tuple[str, str | None, str]


def relation(table: QualifiedName, name: str) -> Name:
    """The name of an index, a sequence or a table beside *table*."""
    return ("relation", table.schema, name)


def constraint(table: QualifiedName, name: str) -> Name:
    """The name of a constraint of *table*."""
    return (f"constraint of {table.name}", table.schema, name)


@dataclass(frozen=True)
class Change:
    """One operation of a revision that will be written.

    Attributes:
        up: what the upgrade does, None for nothing.
        down: what the downgrade does instead, in order.
        phase: when; None: whenever something else is done.
        notes: what whoever reviews the revision should know, in sentences.
        takes: the names that objects get.
        frees: the names that nothing has any more.
        sources: what autogenerate found, of which it is a part.
        repeatable: the same call does no harm when it is repeated.
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
    """What the upgrades do, whatever their phases: for the way back of something."""
    return tuple(change.up for change in changes if change.up is not None)


def without_repeats(changes: Iterable[Change]) -> Iterator[Change]:
    """The changes, each once: a CHECK of a type may be found as one of the table."""
    seen: set[str] = set()
    for change in changes:
        call = getattr(change.up, "call", None)
        if call is None or call not in seen:
            yield change
        if call is not None:
            seen.add(call)


def in_possible_order(changes: Iterable[Change]) -> Iterator[Change]:
    """The changes, none in an earlier phase than what it must wait for.

    A name must be free before something else takes it.
    """
    given = list(changes)
    freed = {
        name: (change.phase, place)
        for place, change in enumerate(given)
        for name in change.frees
        if change.phase is not None
    }
    late: list[Change] = []
    for place, change in enumerate(given):
        waits = [freed[name] for name in change.takes if name in freed]
        if change.phase is None or not waits:
            yield change
            continue
        moved = replace(change, phase=max(change.phase, *(phase for phase, _ in waits)))
        if any(other > place for _, other in waits):
            late.append(moved)
        else:
            yield moved
    yield from late
