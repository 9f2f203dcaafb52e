"""The parts of a statement for which no directive has an argument.

A suggested call must do all that the SQL does.  A reader names the fields of the
grammar that it has read.  All other fields that the statement sets are kept with the
operation, so that no ready call is suggested.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

Operation = TypeVar("Operation")

_KEPT = "_zdt_remainder"
_ALWAYS_SET = {"inh", "is_enforced", "is_local", "location", "typemod"}
_WORDS = {
    "behavior": "CASCADE",
    "catalogname": "the name of the database",
    "coll_clause": "COLLATE",
    "conname": "the name of the constraint",
    "deferrable": "DEFERRABLE",
    "fk_with_period": "PERIOD",
    "including": "INCLUDE",
    "indexspace": "USING INDEX TABLESPACE",
    "initdeferred": "INITIALLY DEFERRED",
    "is_no_inherit": "NO INHERIT",
    "missing_ok": "IF EXISTS",
    "nulls_not_distinct": "NULLS NOT DISTINCT",
    "options": "WITH",
    "pk_with_period": "PERIOD",
    "skip_data": "WITH NO DATA",
    "storage_name": "STORAGE",
}
_CASCADE = 2


def remainder(node: Any, *read: str) -> list[str]:
    """Return the fields that a node of the grammar sets, except the ones read."""
    names = [each.name for each, _ in node.ListFields()]
    return [
        _WORDS.get(name, name.replace("_", " ").upper())
        for name in names
        if name not in {*read, *_ALWAYS_SET} and not _is_usual(node, name)
    ]


def _is_usual(node: Any, name: str) -> bool:
    if name == "behavior":
        return bool(node.behavior != _CASCADE)
    return name == "relpersistence"


def of_relation(relation: Any) -> list[str]:
    """Return the words at a table's name that no call can express, such as ONLY."""
    only = [] if relation.inh else ["ONLY"]
    return [*only, *remainder(relation, "relname", "schemaname")]


def keep(operation: Operation, parts: Iterable[str]) -> Operation:
    """Store the unread parts of a statement with its operation."""
    kept = dict.fromkeys([*kept_beside(operation), *parts])
    if kept:
        object.__setattr__(operation, _KEPT, tuple(kept))  # acts are frozen
    return operation


def kept_beside(operation: Any) -> tuple[str, ...]:
    """Return the stored parts of a statement that no directive can express."""
    found: tuple[str, ...] = getattr(operation, _KEPT, ())
    return found
