"""The SQL of one batch: the rows it takes, and its single transaction.

A full page has no room for new versions of its rows.  An UPDATE of all its rows puts
the new versions on other pages, and every index gets a new entry for each row.  So a
batch may take only a few rows of each page.  The next access to the page removes the
dead versions that the batch has left.  Then the next few rows find room on their own
page (HOT), and no index is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from alembic_zdt.backfill import triggers
from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.slices import END_OF_LEASE
from alembic_zdt.catalog.storage import KeyColumn, Store, as_row, sorting
from alembic_zdt.names import literal, quote
from alembic_zdt.qualified import qualified
from alembic_zdt.runner.transactions import BUSY, do_block

OUTCOME = "zdt.outcome"
"""The server's setting in which a batch stores its outcome."""

LEASE_LOST = "ZDT01"
STILL_PENDING = "ZDT02"
"""SQLSTATEs of this package, which a batch raises."""


@dataclass(frozen=True)
class Pages:
    """A range of pages of a table.

    Attributes:
        first: the first page.
        last: the first page after it.
        rows_per_page: the number of rows to take of each page, None for all.
        skip_locked: skip rows that another transaction has locked.
    """

    first: int
    last: int
    rows_per_page: int | None = None
    skip_locked: bool = False


@dataclass(frozen=True)
class Keys:
    """A range of keys, which excludes its lower end and includes its upper end.

    Attributes:
        columns: the columns of the key.
        after: the key of the row before the first, as texts; None for the beginning.
        upto: the key of the last row, as texts; None for the end of the table.
        skip_locked: skip rows that another transaction has locked.
    """

    columns: tuple[KeyColumn, ...]
    after: Sequence[str] | None
    upto: Sequence[str] | None
    skip_locked: bool = False


@dataclass(frozen=True)
class PageRows:
    """A range of rows of one page, which excludes its lower and includes its upper end.

    Attributes:
        page: the page.
        after: the number of the row before the first, 0 for the beginning.
        upto: the number of the last row.
        skip_locked: skip rows that another transaction has locked.
    """

    page: int
    after: int
    upto: int
    skip_locked: bool = False


@dataclass(frozen=True)
class Listed:
    """Rows that were found one by one.

    Attributes:
        columns: the columns of the primary key; empty where the table has none.
        places: the ctid of each row, followed by the values of its key as text.
    """

    columns: tuple[KeyColumn, ...]
    places: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Row:
    """A single row, by its ctid."""

    ctid: str


Rows: TypeAlias = Pages | Keys | PageRows | Listed | Row


def update(definition: Definition, store: Store, rows: Rows) -> str:
    """Return the UPDATE of one batch."""
    return update_where(definition, store, _chosen(definition, store, rows))


def update_where(definition: Definition, store: Store, condition: str) -> str:
    """Return the UPDATE of the rows that fulfil *condition* and are not done."""
    return (
        f"UPDATE ONLY {store.name.sql} AS {definition.alias}"
        f" SET {definition.assignments} WHERE {condition} AND {definition.pending}"
    )


def _chosen(definition: Definition, store: Store, rows: Rows) -> str:
    if isinstance(rows, Row):
        return qualified(f"{definition.alias}.ctid = '{rows.ctid}'")
    if isinstance(rows, Listed):
        return _listed(definition, rows)
    if isinstance(rows, Keys):
        stretch = _stretch_of_key(definition, rows)
    elif isinstance(rows, PageRows):
        after, upto = f"'({rows.page},{rows.after})'", f"'({rows.page},{rows.upto})'"
        stretch = qualified(
            f"{definition.alias}.ctid > {after} AND {definition.alias}.ctid <= {upto}"
        )
    elif rows.rows_per_page is None:
        first, last = f"'({rows.first},0)'", f"'({rows.last},0)'"
        stretch = qualified(
            f"{definition.alias}.ctid >= {first} AND {definition.alias}.ctid < {last}"
        )
    else:
        number, skip = rows.rows_per_page, rows.skip_locked
        between = f"{rows.first}::bigint", f"{rows.last}::bigint"
        return few_of_each_page(definition, store, between, number, skip_locked=skip)
    if not rows.skip_locked:
        return stretch
    return _any_of(
        f"SELECT {definition.alias}.ctid FROM ONLY {store.name.sql}"
        f" AS {definition.alias} WHERE {stretch} AND {definition.pending}"
        " FOR NO KEY UPDATE SKIP LOCKED",
        definition,
    )


def _stretch_of_key(definition: Definition, rows: Keys) -> str:
    key = as_row(rows.columns, f"{definition.alias}.")
    bounds = []
    for values, operator in ((rows.after, ">"), (rows.upto, "<=")):
        if values is not None:
            is_in = sorting(rows.columns, operator)
            bounds.append(f"{key} {is_in} {_values(rows.columns, values)}")
    return " AND ".join(bounds) or "true"


def _listed(definition: Definition, rows: Listed) -> str:
    """Return SQL that is true for rows with these keys, even after other updates."""
    if not rows.columns:
        ctids = ", ".join(f"'{place[0]}'" for place in rows.places)
        return qualified(f"{definition.alias}.ctid = ANY (ARRAY[{ctids}]::tid[])")
    key = as_row(rows.columns, f"{definition.alias}.")
    is_it = sorting(rows.columns, "=")
    values = [_values(rows.columns, place[1:]) for place in rows.places]
    # An array of arrays has no rows of its own: ANY compares the innermost elements.
    if len(rows.columns) == 1 and not rows.columns[0].type.endswith("]"):
        return f"{key} {is_it} ANY (ARRAY[{', '.join(values)}])"
    return "(" + " OR ".join(f"{key} {is_it} {value}" for value in values) + ")"


def start_of(page: str) -> str:
    """Return SQL for the ctid before the first row of a page."""
    return qualified(f"('(' || {page} || ',0)')::tid")


def few_of_each_page(
    definition: Definition,
    store: Store,
    between: tuple[str, str],
    number: int | str,
    *,
    skip_locked: bool = False,
) -> str:
    """Return SQL that is true for a few rows of each page that are not done.

    Args:
        definition: the definition of the backfill, which says which rows are not done.
        store: the table.
        between: SQL expressions for the first page and the page after the last.
        number: the number of rows on each page, or an SQL expression for it.
        skip_locked: skip rows that another transaction has locked.
    """
    # Reading a page by a range of ctid is what clears its dead versions away; reading
    # single rows by ctid is not.  LIMIT ends the look at a page as soon as it can.
    alias, (first, last) = definition.alias, between
    before_last = qualified(f"{last} - 1")
    # Inside LATERAL, a table of the user called "pages" would hide such an alias.
    tid = f"{alias}.ctid"
    page = qualified(f"{tid} >= zdt_pages.first AND {tid} < zdt_pages.behind")
    return _any_of(
        f"SELECT few.tid FROM (SELECT {start_of('page')} AS first,"
        f" {start_of('page + 1')} AS behind"
        f" FROM pg_catalog.generate_series({first}, {before_last}) AS page OFFSET 0)"
        f" AS zdt_pages, LATERAL (SELECT {tid} AS tid"
        f" FROM ONLY {store.name.sql} AS {alias}"
        f" WHERE {page} AND {definition.pending} LIMIT {number}"
        f"{' FOR NO KEY UPDATE SKIP LOCKED' if skip_locked else ''}) AS few",
        definition,
    )


def _any_of(tids: str, definition: Definition) -> str:
    return f"{qualified(f'{definition.alias}.ctid = ANY')} (ARRAY({tids}))"


def _values(columns: Sequence[KeyColumn], values: Sequence[str]) -> str:
    casts = (
        f"CAST({literal(value)} AS {column.type})"
        for column, value in zip(columns, values, strict=True)
    )
    return "(" + ", ".join(casts) + ")"


def boundary(definition: Definition, store: Store, keys: Keys, rows: int) -> str:
    """Return the query for the last key of the next *rows* rows."""
    columns = [f"{definition.alias}.{quote(column.name)}" for column in keys.columns]
    return (
        f"SELECT {', '.join(f'{column}::pg_catalog.text' for column in columns)}"
        f" FROM ONLY {store.name.sql} AS {definition.alias}"
        f" WHERE {_stretch_of_key(definition, keys)}"
        f" ORDER BY {', '.join(columns)} OFFSET {rows - 1} LIMIT 1"
    )


@dataclass(frozen=True)
class Batch:
    """One transaction: the update of some rows, and its entry in the journal.

    Attributes:
        rows: the part of the table whose rows the batch changes.
        cursor: the place that the slice reaches, as JSON; None keeps the old one.
        looks: whether to verify afterwards that no changed row fulfils the condition;
            not every batch does, because it costs time.
        asks: whether to look for sessions that wait for this transaction, and for
            others that change the table.
    """

    rows: Rows
    cursor: str | None
    looks: bool = False
    asks: bool = False


def transaction(
    batch: Batch,
    definition: Definition,
    store: Store,
    key: Sequence[KeyColumn],
    slices: str,
    ours: str,
) -> str:
    """Return the ``DO`` block that is the whole transaction of a batch.

    Args:
        batch: the rows of the batch.
        definition: the definition of the backfill.
        store: the table that holds the rows.
        key: its primary key, which names a row in a message.
        slices: the table of the slices.
        ours: the condition for the row of the leased slice.
    """
    hot = f"pg_catalog.pg_stat_get_xact_tuples_hot_updated({store.oid})"
    cursor = "" if batch.cursor is None else f"cursor = {literal(batch.cursor)}, "
    body = [
        qualified(f"PERFORM FROM {slices} WHERE {ours} FOR UPDATE;"),
        "IF NOT FOUND THEN",
        f"  RAISE EXCEPTION 'the lease is lost' USING ERRCODE = '{LEASE_LOST}';",
        "END IF;",
        f"zdt_hot := {hot};",
        *triggers.changing(_changing(batch, definition, store, key), definition),
        qualified(f"zdt_hot := {hot} - zdt_hot;"),
        *(_asking_who_is_there(store, slices) if batch.asks else ()),
        qualified(
            f"UPDATE {slices} SET {cursor}rows_done = rows_done + zdt_rows,"
            f" leased_until = {END_OF_LEASE} WHERE {ours};"
        ),
        (
            f"PERFORM pg_catalog.set_config('{OUTCOME}', pg_catalog.concat_ws(' ',"
            f" zdt_rows, zdt_hot, zdt_waiters, zdt_writers, {BUSY}), false);"
        ),
    ]
    declarations = ["zdt_rows bigint", "zdt_hot bigint"]
    declarations += ["zdt_waiters bigint := 0", "zdt_writers bigint := 0"]
    if batch.looks:
        declarations += ["zdt_pending bigint", "zdt_example pg_catalog.text"]
    return do_block(body, declarations, prefer_columns=True)


def row_in_words(definition: Definition, key: Sequence[KeyColumn]) -> str:
    """Return an SQL expression that names a row by its key: ``(id)=(5)``."""
    columns = [column.name for column in key] or ["ctid"]
    names = ", ".join(columns)
    values = ", ', ', ".join(
        f"{definition.alias}.{quote(column)}::pg_catalog.text" for column in columns
    )
    return f"pg_catalog.concat({literal(f'({names})=(')}, {values}, ')')"


def _changing(
    batch: Batch, definition: Definition, store: Store, key: Sequence[KeyColumn]
) -> list[str]:
    changing = update(definition, store, batch.rows)
    if not batch.looks:
        return [f"{changing};", "GET DIAGNOSTICS zdt_rows = ROW_COUNT;"]
    return [
        (
            f"WITH done AS ({changing} RETURNING CASE WHEN {definition.pending}"
            f" THEN {row_in_words(definition, key)} END AS pending)"
            " SELECT pg_catalog.count(*), pg_catalog.count(done.pending),"
            " pg_catalog.min(done.pending)"
            " INTO zdt_rows, zdt_pending, zdt_example FROM done;"
        ),
        qualified("IF zdt_pending > 0 THEN"),
        f"  RAISE EXCEPTION USING ERRCODE = '{STILL_PENDING}',",
        "    MESSAGE = pg_catalog.concat(zdt_pending, ' of ', zdt_rows),",
        "    DETAIL = zdt_example;",
        "END IF;",
    ]


def _asking_who_is_there(store: Store, slices: str) -> list[str]:
    waits = (
        "NOT l.granted AND (l.transactionid = pg_catalog.pg_current_xact_id()::xid"
        f" OR l.relation = {store.oid})"
    )
    writes = (
        f"l.granted AND l.relation = {store.oid} AND l.mode = 'RowExclusiveLock'"
        f" AND NOT EXISTS (SELECT FROM {slices} w WHERE w.worker_pid = l.pid)"
    )
    return [
        qualified(
            f"SELECT pg_catalog.count(*) FILTER (WHERE {waits}),"
            f" pg_catalog.count(*) FILTER (WHERE {writes}) INTO zdt_waiters,"
            " zdt_writers FROM pg_catalog.pg_locks l"
            " WHERE l.pid <> pg_catalog.pg_backend_pid();"
        )
    ]
