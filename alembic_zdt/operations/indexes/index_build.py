"""The steps that build one index on one table, and the reasons to refuse them.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from alembic_zdt.catalog import index as catalog
from alembic_zdt.connection.driver_errors import UNIQUE_VIOLATION
from alembic_zdt.errors import (
    DuplicateKeysError,
    DuplicateObjectError,
    ZdtError,
)
from alembic_zdt.locks import LockMode
from alembic_zdt.names import COPY, QualifiedName, quote, shortened
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.indexes.index_ddl import IndexSpec
from alembic_zdt.qualified import qualified
from alembic_zdt.server_facts import (
    RELATION_KINDS,
)
from alembic_zdt.steps import (
    Precondition,
    RelationLock,
    Row,
    SkipCondition,
    Step,
    Transaction,
    Watch,
)

_EXAMPLES = 3
_LOOK_SECONDS = 5.0


def build_steps(
    spec: IndexSpec,
    canonical: str | None,
    schema: str | None,
    done: str = "",
    *,
    by_name: bool = False,
    until: str = "",
    alike: str = "",
) -> list[Step]:
    """Return the steps that drop an invalid index, then build it, on one table.

    Args:
        spec: the index.
        canonical: the server's spelling of the definition, when known.
        schema: the schema that holds the table, when known.
        done: another condition under which there is nothing to do.
        by_name: whether the name was free when the server was asked, so that its
            definition is not compared.
        until: when the space of the index, or of the index it replaces, is free again.
        alike: another condition for the index to be the wanted one.
    """
    leftover = drop_leftover(spec, schema)
    name = str(spec.name)
    valid = catalog.is_valid(name, spec.table, canonical, spec.tablespace)
    if alike:
        valid = f"({valid} AND {alike})"
    condition = f"({valid} OR {done})" if done else valid
    build = Step(
        purpose=f'build index "{name}"',
        statements=(spec.create(),),
        unconditional=spec.create(if_not_exists=True),
        locks=(RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, spec.table),),
        skip_if=SkipCondition(condition, _is_valid(name), by_name=by_name),
        transaction=Transaction.AUTOCOMMIT,
        scans=(spec.table.sql,),
        watch=Watch.INDEX_BUILD,
        waits_for_snapshots=True,
        build_settings=True,
        preconditions=(name_is_free(spec, canonical), *_no_duplicates(spec)),
        explain={UNIQUE_VIOLATION: lambda found: _duplicates(spec, found.detail)},
        on_failure=lambda _server, _found: (leftover,),
        work=spec.work(until),
    )
    return [leftover, build]


def _is_valid(name: str) -> str:
    return f'index "{name}" is there, valid, and has this definition'


def drop_leftover(spec: IndexSpec, schema: str | None = None) -> Step:
    """Build the step that drops the invalid index of an interrupted build."""
    name = str(spec.name)
    index = QualifiedName(name, schema or spec.table.schema)
    return Step(
        purpose=f'drop the INVALID index "{name}" of an interrupted build',
        statements=(f"DROP INDEX CONCURRENTLY {index.sql}",),
        locks=(RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, spec.table),),
        skip_if=SkipCondition(
            f"(NOT {catalog.is_invalid(name, spec.table)})",
            f'there is no INVALID index "{name}"',
        ),
        transaction=Transaction.AUTOCOMMIT,
        waits_for_snapshots=True,
        waits_for_readers=True,
    )


def name_is_free(spec: IndexSpec, canonical: str | None) -> Precondition:
    """Refuse a name that another relation in the table's schema has."""

    def taken(rows: Sequence[Row]) -> ZdtError:
        *found, on_same_table = rows[0]
        wanted = canonical or spec.create(concurrently=False)
        instead = _instead(spec, found[0]) if on_same_table else ""
        return _taken(spec, *found, wanted=wanted, instead=instead)

    return Precondition(catalog.namesakes(str(spec.name), spec.table), taken)


def name_is_free_elsewhere(spec: IndexSpec) -> Precondition:
    """Refuse a name that a relation other than an index of the table has."""

    def taken(rows: Sequence[Row]) -> ZdtError:
        *found, _ = rows[0]
        return _taken(spec, *found, wanted=spec.create(concurrently=False))

    namesakes = catalog.namesakes(str(spec.name), spec.table)
    own = f"coalesce(i.indrelid = {spec.table.regclass}, false)"
    return Precondition(f"{namesakes} AND NOT {own}", taken)


def _taken(
    spec: IndexSpec,
    kind: str,
    table: str,
    definition: str,
    *,
    wanted: str,
    instead: str = "",
) -> ZdtError:
    what = f"an index on {table}: {definition}" if definition else RELATION_KINDS[kind]
    return DuplicateObjectError(
        f'"{spec.name}" exists and is another object',
        detail=f"There is {what}. Wanted: {wanted}.",
        hint=_renaming(spec) or f"Choose another name{instead}.",
        name=spec.name,
    )


def _renaming(spec: IndexSpec) -> str:
    """Return the hint that frees a name of this package, empty for other names."""
    name = str(spec.name)
    if not name.startswith(f"{COPY}_"):
        return ""
    there, other = spec.table.sibling(name), quote(shortened(f"not_{name}"))
    return f"Look at what it is, then run: ALTER TABLE {there.sql} RENAME TO {other};"


def dropping(spec: IndexSpec) -> str:
    """Return the call that drops an index, as it can be pasted into a revision."""
    name, table = str(spec.name), spec.table
    named = {"schema": table.schema}
    return written_call("drop_index_concurrently", (name, table.name), named)


def _instead(spec: IndexSpec, kind: str) -> str:
    """Return the end of the hint, if the name belongs to an index of the same table."""
    if kind == "I":
        return f", or first drop the index with {dropping(spec)}"
    call = written_call("replace_index_concurrently", *spec.arguments())
    return f", or replace the index with {call}"


def _no_duplicates(spec: IndexSpec) -> Iterator[Precondition]:
    """Look for duplicates for a short time, because the build finds them too."""
    columns = spec.plain_columns
    if not spec.unique or columns is None:
        return
    keys = ", ".join(quote(column) for column in columns)
    conditions = []
    if not spec.options.get("postgresql_nulls_not_distinct"):
        conditions += [f"{quote(column)} IS NOT NULL" for column in columns]
    where = spec.options.get("postgresql_where")
    if where is not None:
        conditions.append(f"({_predicate(spec)})")
    shown = " || ', ' || ".join(
        f"coalesce({quote(column)}::text, 'NULL')" for column in columns
    )
    found = qualified(f"SELECT {shown}, count(*) FROM {spec.table.sql}")  # quoted
    yield Precondition(
        found
        + (f" WHERE {' AND '.join(conditions)}" if conditions else "")
        + qualified(f" GROUP BY {keys} HAVING count(*) > 1 LIMIT {_EXAMPLES}"),
        lambda rows: _duplicates(spec, _examples(rows)),
        max_seconds=_LOOK_SECONDS,
        as_written=True,
    )


def _predicate(spec: IndexSpec) -> str:
    """Return the condition of a partial index, which is the end of its statement."""
    options = {k: v for k, v in spec.options.items() if k != "postgresql_where"}
    whole = replace(spec, options=options).create(concurrently=False)
    partial = spec.create(concurrently=False)
    return partial.removeprefix(whole).removeprefix(" WHERE ")


def _examples(rows: Sequence[Row]) -> str:
    found = ", ".join(f"({row[0]}) {row[1]} times" for row in rows)
    return f"Among them {found}."


def _duplicates(spec: IndexSpec, detail: str) -> ZdtError:
    columns = ", ".join(str(column) for column in spec.columns)
    ending = "" if detail.endswith(".") else "."
    return DuplicateKeysError(
        f'"{spec.table.label}" has duplicates in ({columns})',
        detail=f'The unique index "{spec.name}" cannot be built. {detail}{ending}',
        hint="Remove the duplicates, then run the same command again.",
        table=spec.table.label,
    )
