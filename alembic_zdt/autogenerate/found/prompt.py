"""Questions on a terminal whether a new column is an old one with another name."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Inspector

from alembic_zdt.alembic_compat import comparisons
from alembic_zdt.autogenerate.found.hints import Key, Rename, Sides
from alembic_zdt.operations.columns.column_types import spelled
from alembic_zdt.printable import printable
from alembic_zdt.runner.reading import end_reading

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext

OURS = "zdt_is_our_command"
"""Key of the Config attribute that ``alembic-zdt revision`` sets."""

_SOURCE = "your answer"


def is_possible(context: MigrationContext) -> bool:
    """Check whether a user is at a terminal and this package's rewriter is used."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return is_of_package(context)


def is_of_package(context: MigrationContext) -> bool:
    """Check whether a command or the rewriter of this package compares the models."""
    attributes = context.config.attributes if context.config else {}
    hooks = comparisons.hooks_of(context)
    return bool(attributes.get(OURS)) or any(_is_ours(hook) for hook in hooks)


def _is_ours(hook: Any) -> bool:
    chained = comparisons.chained(hook)
    return getattr(hook, "is_zdt", False) or any(_is_ours(each) for each in chained)


def asked(
    context: AutogenContext,
    inspector: Inspector,
    sides: Sides,
    known: Sequence[Rename],
) -> list[Rename]:
    """Ask for each new column whether it is a dropped one with another name.

    Args:
        context: Alembic's migration context.
        inspector: the inspector, which shows the tables with the names of *sides*.
        sides: names in the database and in the models.
        known: renames that are given already.
    """
    found: list[Rename] = []
    for key in sorted(set(sides.database) & set(sides.models), key=str):
        taken = {e.new for e in known if (e.schema, e.table) == key}
        gone = {e.old for e in known if (e.schema, e.table) == key}
        for new, candidates in _candidates(context, inspector, key, sides):
            if new in taken:
                continue
            left = [old for old in candidates if old not in gone]
            if not left:
                continue
            end_reading(context.migration_context)
            old = _ask(f'column "{_words(key)}.{new}"', left)
            if old is not None:
                gone.add(old)
                found.append(Rename(key[0], key[1], old, new, False, _SOURCE))
    return found


def _candidates(
    context: AutogenContext, inspector: Inspector, key: Key, sides: Sides
) -> Iterator[tuple[str, list[str]]]:
    """Yield each new column with the dropped columns of the same type."""
    there, wanted = sides.database[key], sides.models[key]
    if there <= wanted or wanted <= there:
        return
    schema, name = key
    old = {
        str(column["name"]): spelled(column["type"])
        for column in inspector.get_columns(name, schema=schema)
    }
    for column in _model(context, key).columns:
        if column.name in there:
            continue
        type_ = spelled(column.type)
        gone = [n for n, t in old.items() if n not in wanted and t == type_]
        if gone:
            yield str(column.name), gone


def _model(context: AutogenContext, key: Key) -> Any:
    default = context.dialect.default_schema_name
    for table in context.sorted_tables:
        schema = None if table.schema == default else table.schema
        if (schema, table.name) == key:
            return table
    raise KeyError(key)


def _words(key: Key) -> str:
    return ".".join(part for part in key if part)


def _ask(what: str, candidates: Sequence[str]) -> str | None:
    _say([f"{what[:1].upper()}{what[1:]} is new.  Is it one of these, renamed?"])
    _say(f"  {number}  {name}" for number, name in enumerate(candidates, start=1))
    while True:
        sys.stderr.write("Its number, or Enter if it is none of them: ")
        sys.stderr.flush()
        line = sys.stdin.readline().strip()
        if not line:
            return None
        if line.isdecimal() and 0 < int(line) <= len(candidates):
            return candidates[int(line) - 1]


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stderr.write(f"{printable(line)}\n")
