"""A backfill for a ``--sql`` script: one ``DO`` block that commits batch by batch.

It writes the same journal as an online run, so either can continue the other's work.
A block with COMMIT must run outside of any transaction.
https://www.postgresql.org/docs/current/plpgsql-transactions.html
"""

from __future__ import annotations

import re
from pathlib import Path

from alembic_zdt.backfill import triggers
from alembic_zdt.backfill.batch_statements import (
    few_of_each_page,
    start_of,
    update_where,
)
from alembic_zdt.backfill.convergence import ROUNDS
from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.journal import Place, creating
from alembic_zdt.backfill.page_fill import FEWEST, MOST_PASSES, PASSES
from alembic_zdt.catalog import column as column_sql
from alembic_zdt.catalog import partition, storage
from alembic_zdt.catalog.storage import Store
from alembic_zdt.names import QualifiedName, dollar_tag, literal, quote
from alembic_zdt.qualified import qualified
from alembic_zdt.runner.transactions import LOCAL_COMMIT
from alembic_zdt.settings import Settings, milliseconds, seconds

_QUEUE_SHARE = 0.25
_USUAL_ROWS = 1000
# The block gives the beginning and the end of a batch as two jsonb parameters.
_BETWEEN = (
    qualified("($1->>'page')::bigint"),
    qualified("($2->>'page')::bigint"),
)
_PLACEHOLDER = re.compile(r":([A-Z_]+):")
_OPERATORS = "OPERATOR(<operators>."
_BEHIND, _WITHIN = f"{_OPERATORS}>)", f"{_OPERATORS}<=)"


def script(
    name: str,
    definition: Definition,
    place: Place,
    settings: Settings,
    done: str = "",
) -> str:
    """Return the statements, each with its semicolon."""
    columns = ", ".join(quote(column) for column in definition.values)
    return "\n".join(
        (
            *(f"{statement};" for statement in creating(place)),
            *filter(None, (triggers.refusal(name, definition),)),
            _block(name, definition, place, settings, done),
            _unless(done, f"ANALYZE {definition.table.sql} ({columns});"),
        )
    )


def _unless(done: str, statement: str) -> str:
    """Wrap a statement so that it runs only if something is left to do.

    If nothing is left, the column may no longer exist.
    """
    if not done:
        return statement
    body = f" BEGIN IF NOT ({qualified(done)}) THEN {statement} END IF; END "
    tag = dollar_tag(body)
    return f"DO {tag}{body}{tag};"


def queueing(name: str, definition: Definition, place: Place) -> str:
    """Return the statements that only queue a backfill, for ``mode="background"``.

    As in an online run, another backfill of that name, a cancelled one, and a finished
    one that has rows to do again are replaced.
    """
    names = _names(name, definition, place)
    table, own = place.backfills.sql, f"name = {names['NAME']}"
    fingerprint = f"{names['FINGERPRINT']} || ':' || ({names['IDENTITY']})"
    left = f"SELECT EXISTS (SELECT FROM {definition.table.sql} AS {definition.alias}"
    body = qualified(
        f"DECLARE zdt_is_left boolean := false; BEGIN"
        f" IF EXISTS (SELECT FROM {table} WHERE {own} AND status = 'finished'"
        f" AND fingerprint = {fingerprint}) THEN"
        f" EXECUTE {literal(f'{left} WHERE {definition.pending})')} INTO zdt_is_left;"
        f" END IF; DELETE FROM {table} WHERE {own} AND (zdt_is_left"
        f" OR status = 'cancelled' OR fingerprint <> {fingerprint});"
        f" INSERT INTO {table} AS known (name, definition, fingerprint, status)"
        f" SELECT {names['NAME']}, {names['DEFINITION']}, {fingerprint}, 'queued'"
        " ON CONFLICT (name) DO UPDATE SET status = 'queued', error = NULL"
        " WHERE known.status = 'failed'; END"
    )
    tag = dollar_tag(body)
    statements = (*creating(place), f"DO {tag} {body} {tag}")
    return "\n".join(f"{statement};" for statement in statements)


def _block(
    name: str, definition: Definition, place: Place, settings: Settings, done: str
) -> str:
    text = (Path(__file__).parent / "script.sql").read_text(encoding="utf-8")
    given = (
        _names(name, definition, place)
        | _statements(definition)
        | _pace(definition, settings)
        | {"SKIP": f"IF {done} THEN\n    RETURN;\n  END IF;\n  " if done else ""}
    )
    # In one pass, because an expression of the user may contain ":ALL:", for example.
    body = _PLACEHOLDER.sub(lambda found: given[found[1]], text)
    tag = dollar_tag(body)
    return f"DO {tag}\n{qualified(body).strip()}\n{tag};"


def _names(name: str, definition: Definition, place: Place) -> dict[str, str]:
    columns = tuple(definition.values)
    return {
        "NAME": literal(name),
        "FINGERPRINT": literal(definition.fingerprint),
        "IDENTITY": column_sql.identity(definition.table, columns),
        "DEFINITION": literal(definition.as_json()),
        "LOCAL_COMMIT": LOCAL_COMMIT,
        "BACKFILLS": place.backfills.sql,
        "SLICES": place.slices.sql,
        "SLICES_TEXT": literal(place.slices.sql),
        "TABLE": literal(f"{definition.table.sql} AS {definition.alias}"),
        "ALIAS": literal(definition.alias),
        "TREE": partition.tree(definition.table),
        "KIND": "'keys'" if definition.key else "'pages'",
        "IS_INDEXED": "EXISTS ("
        + storage.query_indexes_with("zdt_slice.relation", columns)
        + ")",
    }


def _statements(definition: Definition) -> dict[str, str]:
    mark = _mark(definition)
    table = Store.of(QualifiedName(mark))
    first, behind = map(start_of, _BETWEEN)
    pages = qualified(
        f"{definition.alias}.ctid >= {first} AND {definition.alias}.ctid < {behind}"
    )
    everything = update_where(definition, table, pages)
    following = "SELECT NULL::pg_catalog.jsonb"
    if definition.key:
        everything = _update_between_keys(definition, mark)
        following = _next_key(definition, mark)
    some = few_of_each_page(definition, table, _BETWEEN, "$3")
    few = update_where(definition, table, some)
    return {
        "FEWEST": str(FEWEST),
        "PASSES": str(PASSES),
        "MOST_PASSES": str(MOST_PASSES),
        "PENDING": literal(definition.pending),
        "ALL": _with_table(everything, mark),
        "FEW": _with_table(few, mark),
        "NEXT": _with_table(following, mark),
        "OPERATORS": _operators(definition),
        "SKIP_TRIGGERS": _line(triggers.around(definition)[0]),
        "FIRE_TRIGGERS": _line(triggers.around(definition)[1]),
    }


def _line(statement: str) -> str:
    return f"{statement}\n        " if statement else ""


def _mark(definition: Definition) -> str:
    """Return a text in place of the table's name, which no expression contains."""
    mark, given = "<table>", definition.as_json()
    while mark in given:
        mark = f"<{mark}>"
    return mark


def _with_table(statement: str, mark: str) -> str:
    text = literal(statement.replace(quote(mark), mark))
    whole = f"pg_catalog.replace({text}, {literal(mark)}, zdt_from)"
    if _OPERATORS not in text:
        return whole
    return (
        f"pg_catalog.regexp_replace({whole}, 'OPERATOR.<operators>[.]([<=>]+).',"
        " zdt_operators, 'g')"
    )


def _operators(definition: Definition) -> str:
    """Return the statement that finds the operators of the key when the script runs."""
    if not definition.key:
        return ""
    schemas = storage.query_operators("zdt_slice.relation", definition.key)
    # Not as a string with a backslash, which two settings read differently.
    group = "pg_catalog.chr(92) || '1'"
    one = f"'OPERATOR(' || pg_catalog.quote_ident(min(name)) || '.' || {group} || ')'"
    return (
        f"zdt_operators := (SELECT CASE WHEN min(name) = max(name) THEN {one}"
        f" ELSE {group} END FROM ({schemas}) AS operators (name));\n    "
    )


def _key(definition: Definition, parameter: str = "", mark: str = "") -> str:
    """Return the key of a row, or the key in a parameter, as a row constructor."""
    prefix = f"{definition.alias}."
    if parameter:
        # Each value in the type of its column, which is unknown here.
        prefix = (
            f"(pg_catalog.jsonb_populate_record(NULL::{mark},"
            f" {parameter} OPERATOR(pg_catalog.->) 'key'))."
        )
    return "(" + ", ".join(prefix + quote(column) for column in definition.key) + ")"


def _update_between_keys(definition: Definition, mark: str) -> str:
    key, after, upto = (_key(definition, side, mark) for side in ("", "$1", "$2"))
    return (
        f"UPDATE ONLY {mark} AS {definition.alias} SET {definition.assignments}"
        f" WHERE ({_has_key('$1')} IS NULL OR {key} {_BEHIND} {after})"
        f" AND ({_has_key('$2')} IS NULL OR {key} {_WITHIN} {upto})"
        f" AND {definition.pending}"
    )


def _has_key(parameter: str) -> str:
    return qualified(f"{parameter}->'key'")


def _next_key(definition: Definition, mark: str) -> str:
    alias = definition.alias
    columns = [f"{alias}.{quote(column)}" for column in definition.key]
    pairs = ", ".join(
        f"{literal(name)}, {column}::pg_catalog.text"
        for name, column in zip(definition.key, columns, strict=True)
    )
    return (
        "SELECT pg_catalog.jsonb_build_object('key',"
        f" pg_catalog.jsonb_build_object({pairs})) FROM ONLY {mark} AS {alias}"
        f" WHERE {_has_key('$1')} IS NULL"
        f" OR {_key(definition)} {_BEHIND} {_key(definition, '$1', mark)}"
        f" ORDER BY {', '.join(columns)} OFFSET {qualified('$2 - 1')} LIMIT 1"
    )


def _pace(definition: Definition, settings: Settings) -> dict[str, str]:
    queue = _QUEUE_SHARE * milliseconds(settings.lock_timeout)
    rows = definition.batch_rows
    size = "16"
    if definition.key:
        size = str(rows or _USUAL_ROWS)
    elif rows:
        dense = "coalesce(reltuples / nullif(relpages, 0), 50)"
        size = (
            f"(SELECT greatest(1, pg_catalog.round(({rows} / greatest(1, {dense}))"
            "::numeric)) FROM pg_catalog.pg_class WHERE oid = zdt_slice.relation)"
        )
    return {
        "SIZE": size,
        "IS_ADAPTIVE": str(not rows).lower(),
        "SECONDS": str(definition.batch_seconds),
        "PAUSE": str(definition.pause),
        "LAG": str(definition.limits.or_else(settings).max_replica_lag),
        "VERIFY": str(definition.verify).lower(),
        "ROUNDS": str(ROUNDS),
        "EXISTING_ONLY": str(definition.existing_only).lower(),
        "LOCK_TIMEOUT": f"'{max(1, round(queue))}ms'",
        "LOCK_DEADLINE": f"interval '{seconds(settings.lock_deadline)}'",
    }
