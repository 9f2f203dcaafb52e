"""The steps that build an index, on a table or partition by partition.

Every directive that needs an index shares them.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alembic_zdt.catalog import index as catalog
from alembic_zdt.connection.driver_errors import UNIQUE_VIOLATION
from alembic_zdt.errors import (
    DuplicateKeysError,
    DuplicateObjectError,
    WrongObjectTypeError,
    ZdtError,
)
from alembic_zdt.locks import LockMode
from alembic_zdt.names import COPY, QualifiedName, derived, quote, shortened
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.indexes.index_ddl import IndexSpec
from alembic_zdt.qualified import qualified
from alembic_zdt.server_facts import (
    PROBE,
    RELATION_KINDS,
    CanonicalIndex,
    Partition,
    Server,
    TableFacts,
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


def canonical_question(spec: IndexSpec) -> CanonicalIndex:
    """Return the question for the server's spelling of *spec*, if its name is taken."""
    probe = spec.on(PROBE, str(spec.name)).create(concurrently=False)
    return CanonicalIndex(spec.table, str(spec.name), probe)


def index_steps(spec: IndexSpec, server: Server) -> list[Step]:
    """Return the steps after which the index of *spec* exists and is valid."""
    canonical = server.answer(canonical_question(spec))
    facts = server.table(spec.table)
    steps = steps_of_index(spec, canonical, facts, by_name=canonical is None)
    if spec.plain_columns is None:
        steps.append(analyze(spec))
    return steps


def steps_of_index(
    spec: IndexSpec,
    canonical: str | None,
    facts: TableFacts,
    *,
    by_name: bool = False,
) -> list[Step]:
    """Return the steps of :func:`index_steps` that come before the statistics.

    Args:
        spec: the index.
        canonical: the server's spelling of the definition, when known.
        facts: the facts of the table.
        by_name: nothing had the name when the server was asked.
    """
    if facts.is_partitioned:
        return list(_partitioned(spec, facts, canonical, by_name=by_name))
    return build_steps(spec, canonical, facts.schema, by_name=by_name)


def build_steps(
    spec: IndexSpec,
    canonical: str | None,
    schema: str | None,
    done: str = "",
    *,
    by_name: bool = False,
    until: str = "",
) -> list[Step]:
    """Return the steps that drop an invalid index, then build it, on one table.

    Args:
        spec: the index.
        canonical: the server's spelling of the definition, when known.
        schema: the schema that holds the table, when known.
        done: another condition under which there is nothing to do.
        by_name: nothing had the name when the server was asked.
        until: when its space, or that of the index it replaces, is free again.
    """
    leftover = drop_leftover(spec, schema)
    name = str(spec.name)
    valid = catalog.is_valid(name, spec.table, canonical, spec.tablespace)
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
        instead = ""
        if on_same_table:
            instead = f", or replace the index with {_replacing(spec)}"
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


def _replacing(spec: IndexSpec) -> str:
    positional, named = spec.arguments()
    return written_call("replace_index_concurrently", positional, named)


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
    return spec.create(concurrently=False).rsplit(" WHERE ", 1)[1]


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


def _partitioned(
    spec: IndexSpec, facts: TableFacts, canonical: str | None, *, by_name: bool
) -> Iterator[Step]:
    """Yield the steps for a partitioned table, the parent's index first."""
    yield _on_only(spec, canonical, None, by_name=by_name)
    for part in facts.partitions:
        parent_index = _part_name(spec, part.parent)
        name = _part_name(spec, part.name)
        there = catalog.has_attached(part.name, part.parent, parent_index)
        of_part = spec.on(part.name, name)
        if part.is_leaf:
            yield from build_steps(of_part, None, part.name.schema, done=there)
        else:
            yield _on_only(of_part, None, there)
    for part in reversed(facts.partitions):
        names = _part_name(spec, part.name), _part_name(spec, part.parent)
        yield _attach(part, *names, facts)


def parts_left(
    spec: IndexSpec, facts: TableFacts, canonical: str
) -> Iterator[tuple[QualifiedName, str, str]]:
    """Yield partitions, their index, and SQL that is true if it is not attached yet."""
    for part in facts.partitions:
        name = _part_name(spec, part.name)
        whole = str(spec.name), spec.table, canonical
        yield part.name, name, catalog.is_loose_part(name, part.name, *whole)


def _part_name(spec: IndexSpec, table: QualifiedName) -> str:
    name = str(spec.name)
    return name if table == spec.table else derived(name, table.name)


def _on_only(
    spec: IndexSpec, canonical: str | None, done: str | None, *, by_name: bool = False
) -> Step:
    name = str(spec.name)
    there = catalog.exists(name, spec.table, canonical, catalog.alone(spec.tablespace))
    return Step(
        purpose=f'create index "{name}" of the partitioned table, without partitions',
        statements=(spec.create(concurrently=False, only=True),),
        locks=(RelationLock(LockMode.SHARE, spec.table, only=True),),
        skip_if=SkipCondition(
            f"({there} OR {done})" if done else there,
            f'index "{name}" is there, and has this definition',
            by_name=by_name,
        ),
        preconditions=(name_is_free(spec, canonical),),
    )


def _attach(part: Partition, index: str, parent_index: str, facts: TableFacts) -> Step:
    child = QualifiedName(index, part.name.schema)
    parent = QualifiedName(parent_index, part.parent.schema or facts.schema)
    return Step(
        purpose=f'attach index "{index}" to "{parent_index}"',
        statements=(f"ALTER INDEX {parent.sql} ATTACH PARTITION {child.sql}",),
        locks=(
            # Stops autovacuum, which would lock the partition's indexes.
            RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, part.name, only=True),
            RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, parent, kind="index"),
            RelationLock(LockMode.ACCESS_EXCLUSIVE, child, kind="index"),
        ),
        skip_if=SkipCondition(
            catalog.has_attached(part.name, part.parent, parent_index),
            f'an index of "{part.name.label}" is attached to "{parent_index}"',
        ),
    )


def analyze(spec: IndexSpec) -> Step:
    """Build the step that gathers the planner's statistics for expressions."""
    return Step(
        purpose=f'gather statistics for the expressions of index "{spec.name}"',
        statements=(f"ANALYZE {spec.table.sql}",),
        locks=(RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, spec.table),),
        skip_if=SkipCondition(
            catalog.has_statistics(spec.table, str(spec.name)),
            "there are statistics for them",
        ),
        transaction=Transaction.AUTOCOMMIT,
        watch=Watch.SCAN,
    )


def is_meant(index: QualifiedName, table: QualifiedName | None) -> Precondition:
    """Refuse the index of another table, and a relation that is not an index."""

    def other(rows: Sequence[Row]) -> ZdtError:
        wanted = f"an index of {table.label}" if table else "an index"
        return WrongObjectTypeError(
            f'"{index.label}" is another object than the one to drop',
            detail=f"There is {rows[0][0]}. Wanted: {wanted}.",
            hint="Correct the name of the index or of its table.",
            index=index.label,
        )

    return Precondition(catalog.not_of(index, table), other)
