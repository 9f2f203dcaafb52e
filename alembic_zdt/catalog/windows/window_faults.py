"""Find open windows that no longer keep their columns equal, and their fixes.

While a window is open, another session may disable or drop a trigger, drop the CHECK,
replace the function, or rename a column or the table.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import trigger
from alembic_zdt.catalog.bridge import bridges
from alembic_zdt.catalog.windows.open_windows import original_first, table_in
from alembic_zdt.catalog.windows.window_surroundings import changes, replaced
from alembic_zdt.connection.database import Database
from alembic_zdt.findings import Finding, Severity
from alembic_zdt.names import (
    SYNC_CHECK,
    SYNC_TRIGGER,
    SYNC_TRIGGERS,
    QualifiedName,
    literal,
    quote,
    unquoted,
)

MISSING_TRIGGER = "missing-trigger"
CHANGED_WINDOW = "changed-window"


@dataclass(frozen=True)
class _Found:
    """The CHECK and the trigger of a window; one of them may be missing.

    Attributes:
        table: the table.
        check: the name of the CHECK, and of the function.
        columns: the columns of the CHECK, empty where it is missing.
        states: ``tgenabled`` of the last trigger, on the table and each partition.
        first: ``tgenabled`` of each trigger of this package that fires before the
            user's triggers.
        others: a trigger of the user's that may change a row, empty if there is none.
        body: the body of the function, empty where the trigger is missing.
        types: the types of the two columns.
        replaced: conversion functions that were replaced by other functions.
    """

    table: QualifiedName
    check: str
    columns: tuple[str, ...]
    states: tuple[str, ...]
    first: tuple[str, ...]
    others: str
    body: str
    types: tuple[str, ...]
    replaced: tuple[str, ...] = ()

    @property
    def assigned(self) -> tuple[str, ...]:
        """Return the columns that the function of the trigger writes."""
        return tuple(sorted({unquoted(name) for name in _ASSIGNED.findall(self.body)}))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the two columns, as far as they are known."""
        return self.columns or self.assigned


def window_faults(database: Database, only: str | None = None) -> list[Finding]:
    """Return the faults of the windows of all tables, or of those of a schema."""
    faults = [
        Finding(Severity.ERROR, words, hint, kind, f"{found.table.label}.{found.check}")
        for found in _found(database)
        if only in {None, found.table.schema}
        for kind, words, hint in _faults(found)
    ]
    for schema, table, check, words, statement in database.rows(changes()):
        if only not in {None, schema}:
            continue
        name = f"{QualifiedName(table, schema).label}.{check}"
        found = Finding(Severity.ERROR, words, statement, CHANGED_WINDOW, name)
        faults.append(found)
    return [*faults, *_of_views(database, only)]


def _of_views(database: Database, only: str | None) -> Iterator[Finding]:
    """Yield views that show a column twice, although its domain has got a default."""
    for shown in bridges(database):
        if shown.alias is None or only not in {None, shown.view.schema}:
            continue
        for words, statement in database.rows(
            "SELECT pg_catalog.format('domain %s has a default, which an INSERT into"
            " the view writes over the other name of the column',"
            " y.oid::pg_catalog.regtype),"
            " pg_catalog.format('ALTER DOMAIN %s DROP DEFAULT',"
            " y.oid::pg_catalog.regtype) FROM pg_catalog.pg_attribute a"
            " JOIN pg_catalog.pg_type y ON y.oid = a.atttypid AND y.typtype = 'd'"
            f" WHERE a.attrelid = {shown.view.regclass}"
            f" AND a.attname = {literal(shown.alias.name)}"
            " AND y.typdefault IS NOT NULL"
        ):
            name = f"{shown.view.label}.{shown.alias.name}"
            yield Finding(Severity.ERROR, words, statement, CHANGED_WINDOW, name)


def columns_of_triggers(database: Database) -> set[tuple[str, str]]:
    """Return tables and columns of windows that have a trigger and no CHECK."""
    return {
        (found.table.label, column)
        for found in _found(database)
        if not found.columns
        for column in found.assigned
    }


def _faults(found: _Found) -> Iterator[tuple[str, str, str]]:
    if not found.states and _original_first(found) is None:
        yield _detached(found)
        return
    table, again = found.table.label, _expand_again(found)
    pair = " and ".join(f'"{name}"' for name in found.names)
    if not found.columns:
        yield (
            CHANGED_WINDOW,
            (
                f"nothing refuses rows of {table} in which {pair} differ: the CHECK "
                f'"{found.check}" is gone'
            ),
            again,
        )
    if not found.states or "D" in found.states:
        yield (
            MISSING_TRIGGER,
            (
                f"nothing keeps {pair} of {_quoted(table)} in sync: the trigger is "
                "gone, or switched off"
            ),
            again,
        )
    elif set(found.states) != {"A"}:
        yield (
            MISSING_TRIGGER,
            (
                f"nothing keeps {pair} of {_quoted(table)} in sync in rows that "
                "replication writes: the trigger is not ENABLE ALWAYS"
            ),
            again,
        )
    else:
        yield from _passed_by(found, pair, again)
    yield from _renamed(found)
    has_line_break = any("\n" in name for name in found.names)
    replaced = list(found.replaced)
    if found.body and not has_line_break and not _is_ours(found.body):
        replaced.append(found.check)
    for function in replaced:
        yield (
            CHANGED_WINDOW,
            (
                f"the function {function}() that keeps {pair} of {_quoted(table)} "
                "in sync was replaced"
            ),
            again,
        )


def _passed_by(found: _Found, pair: str, again: str) -> Iterator[tuple[str, str, str]]:
    """Find triggers that should fire before the user's triggers, and do not."""
    is_needed = found.others or found.first or _FOR_OTHERS in found.body
    if not is_needed or found.first == ("A", "A"):
        return
    passed = (
        f"the trigger {_quoted(found.others)}" if found.others else "a BEFORE trigger"
    )
    yield (
        MISSING_TRIGGER,
        (
            f"{passed} of {_quoted(found.table.label)} does not see all that is "
            f"written into {pair}: the trigger that must fire before it is missing, "
            "or is not ENABLE ALWAYS"
        ),
        again,
    )


def _detached(found: _Found) -> tuple[str, str, str]:
    """Return the fault of a table that is no partition or child any more."""
    pair = " and ".join(f'"{name}"' for name in found.names)
    names = ", ".join(map(repr, (found.check, found.table.name, "check")))
    return (
        CHANGED_WINDOW,
        (
            f'table "{found.table.label}" was a part of a window: it refuses '
            f"rows in which {pair} differ, and no trigger keeps them equal"
        ),
        f"op.drop_constraint_safely({names}, schema={found.table.schema!r})",
    )


def _quoted(words: str) -> str:
    return f'"{words}"'


def _renamed(found: _Found) -> Iterator[tuple[str, str, str]]:
    now = sorted(set(found.columns) - set(found.assigned))
    then = sorted(set(found.assigned) - set(found.columns))
    table = found.table
    if len(now) == len(then) == 1 and _is_ours(found.body):
        yield (
            CHANGED_WINDOW,
            (
                f'column "{then[0]}" of "{table.label}" was renamed to "{now[0]}", '
                "but its trigger uses the old name: writes fail"
            ),
            (
                f"ALTER TABLE {table.sql} RENAME COLUMN {quote(now[0])} TO"
                f" {quote(then[0])}"
            ),
        )
        return
    if not found.columns or _original_first(found):
        return
    old = table_in(found.check, found.columns)
    if old:
        yield (
            CHANGED_WINDOW,
            (
                f'table "{old}" was renamed to "{table.label}": the phases of its '
                "window do not find it"
            ),
            f"ALTER TABLE {table.sql} RENAME TO {quote(old)}",
        )


def _original_first(found: _Found) -> tuple[str, str] | None:
    """Return the original and the twin, None if the CHECK has another name."""
    return original_first(found.table.name, found.check, found.names)


def _expand_again(found: _Found) -> str:
    """Return the call that makes the missing parts again, as far as it is known."""
    pair = _original_first(found)
    if pair is None or len(set(found.types)) != 1:
        return "run the expand of this change again, then its migrate"
    names = ", ".join(map(repr, (found.table.name, *pair)))
    call = f"_rename_column({names}, schema={found.table.schema!r})"
    return f"run op.expand{call} again, then op.migrate{call}"


def _is_ours(body: str) -> bool:
    return _BODY.fullmatch(body) is not None


_ASSIGNED = re.compile(r'NEW\.("(?:[^"]|"")+"|[a-z_][a-z0-9_]*) :=')
_FOR_OTHERS = "DECLARE\n  zdt_place "
"""Beginning of a function's body, if triggers of the user may fire between ours."""
_LINE = (
    r"(?: +(?:(?:IF|ELSIF) .+ THEN(?: NEW\..+ := .+;)?|ELSE(?: NEW\..+ := .+;)?"
    r"|END IF;|RETURN NEW;|RAISE EXCEPTION USING .+;|-- .+"
    r"|PERFORM pg_catalog\.set_config\(zdt_place, .+\);)\n)"
)
_BODY = re.compile(
    rf"\n(?:{_FOR_OTHERS}pg_catalog\.text := pg_catalog\.concat\(.+\);\n)?"
    rf"BEGIN\n{_LINE}+END\n"
)
_PARTS = (
    "SELECT k.conrelid AS rel, k.conname::text AS name"
    " FROM pg_catalog.pg_constraint k WHERE k.contype = 'c'"
    f" AND pg_catalog.starts_with(k.conname::text, '{SYNC_CHECK}')"
    " UNION SELECT t.tgrelid, p.proname::text FROM pg_catalog.pg_trigger t"
    " JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid"
    f" WHERE t.tgname ~ '{SYNC_TRIGGERS}'"
)
_OF_FUNCTION = (
    "FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid"
    " WHERE p.proname::text = w.name AND"
)
_IN_TREE = (
    "(t.tgrelid = w.rel OR t.tgrelid IN (SELECT x.relid"
    " FROM pg_catalog.pg_partition_tree(w.rel) x))"
)
_KEY = (
    "FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a"
    " ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)"
    " WHERE k.conrelid = w.rel AND k.conname::text = w.name"
)
_QUERY = (
    "SELECT c.relname::text, n.nspname::text, w.name,"
    f" ARRAY(SELECT a.attname::text {_KEY} ORDER BY a.attnum),"
    f" ARRAY(SELECT DISTINCT t.tgenabled::text {_OF_FUNCTION} {_IN_TREE}"
    f" AND pg_catalog.starts_with(t.tgname::text, '{SYNC_TRIGGER}')),"
    f" ARRAY(SELECT pg_catalog.max(t.tgenabled::text) {_OF_FUNCTION} {_IN_TREE}"
    f" AND NOT pg_catalog.starts_with(t.tgname::text, '{SYNC_TRIGGER}')"
    " GROUP BY t.tgname),"
    " (SELECT pg_catalog.min(t.tgname::text) FROM pg_catalog.pg_trigger t"
    f" WHERE {_IN_TREE} AND {trigger.IS_OF_USERS}),"
    f" (SELECT pg_catalog.max(p.prosrc) {_OF_FUNCTION} t.tgrelid = w.rel),"
    " ARRAY(SELECT pg_catalog.format_type(a.atttypid, a.atttypmod)"
    f" {_KEY} ORDER BY a.attnum), ARRAY({replaced('w.rel', 'w.name')})"
    f" FROM ({_PARTS}) w JOIN pg_catalog.pg_class c ON c.oid = w.rel"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE NOT c.relispartition ORDER BY 2, 1, 3"
)


def _found(database: Database) -> list[_Found]:
    rows: Sequence[Sequence[object]] = database.rows(_QUERY)
    return [_row(*row) for row in rows]


def _row(*row: object) -> _Found:
    table, schema, check, columns, states, first, others, body, types, foreign = row
    return _Found(
        QualifiedName(str(table), str(schema)),
        str(check),
        _texts(columns),
        _texts(states),
        _texts(first),
        str(others or ""),
        str(body or ""),
        _texts(types),
        _texts(foreign),
    )


def _texts(values: object) -> tuple[str, ...]:
    return tuple(map(str, values)) if isinstance(values, list | tuple) else ()
