"""Building and dropping an index while the application goes on.

``CREATE INDEX`` takes a SHARE lock: no insert, update or delete until the build is
over.  ``CREATE INDEX CONCURRENTLY`` takes SHARE UPDATE EXCLUSIVE and blocks nobody, at
a price: it runs outside of transactions, waits for every older transaction, and when
it is interrupted leaves an INVALID index behind that costs every write and serves no
query.  So: look who would make it hang, drop an INVALID leftover, build, and clean up
after a failure.  A partitioned table is done partition by partition.

What can still go wrong: a session that stays in its transaction for hours keeps the
build waiting for hours.  It blocks nobody meanwhile, and says who it waits for.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from alembic.operations import ops

from alembic_zdt.catalog import index as catalog
from alembic_zdt.errors import (
    DependentObjectsError,
    DuplicateKeysError,
    DuplicateObjectError,
    ZdtError,
)
from alembic_zdt.facts import (
    PROBE,
    CanonicalIndex,
    IndexQuestion,
    Partition,
    Question,
    Server,
    TableFacts,
    TableQuestion,
)
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, checked, derived, literal, quote
from alembic_zdt.operations._base import (
    ZdtOperation,
    directive,
    require_columns,
    require_table,
)
from alembic_zdt.operations._index_ddl import IndexSpec
from alembic_zdt.runner.driver_errors import UNIQUE_VIOLATION
from alembic_zdt.steps import (
    Guard,
    Precondition,
    RelationLock,
    Row,
    Step,
    Transaction,
    Watch,
)

if TYPE_CHECKING:
    from alembic.operations import Operations

_EXAMPLES = 3
_LOOK_SECONDS = 5.0


@directive
class CreateIndexConcurrentlyOp(ZdtOperation):
    """The operation behind ``op.create_index_concurrently()``."""

    directive = "create_index_concurrently"
    builds_index = True

    def __init__(self, spec: IndexSpec, *, context: Any = None) -> None:
        self.spec = spec.named(context)

    @classmethod
    def create_index_concurrently(
        cls,
        operations: Operations,
        index_name: str | None,
        table_name: str,
        columns: Sequence[Any],
        *,
        schema: str | None = None,
        unique: bool = False,
        **kw: Any,
    ) -> None:
        """Build an index without blocking reads or writes.

        Done already: skipped.  An INVALID leftover of an interrupted build is
        dropped first, a build that is still running in another session is waited
        for.  On a partitioned table each partition gets its index concurrently.

        Args:
            index_name: its name; None for the metadata's naming convention.
            table_name: the table.
            columns: column names, ``sa.text()`` or SQL expressions.
            schema: the table's schema, default: by search_path.
            unique: build a unique index.
            kw: the ``postgresql_...`` options of SQLAlchemy's Index: ``_using``,
                ``_where``, ``_include``, ``_with``, ``_ops``, ``_tablespace``,
                ``_nulls_not_distinct``.

        Raises:
            UndefinedObjectError: no such table or column.
            DuplicateObjectError: another index or relation has the name.
            DuplicateKeysError: unique, and there are duplicates.
            LockNotAvailableError: an old transaction did not end in time.
            OwnProcessBlocksError: this process itself would keep it waiting.
            UnsupportedServerError: PostgreSQL 14.0 to 14.3.

        Example::

            op.create_index_concurrently(
                "ix_orders_user_id", "orders", ["user_id"]
            )

        https://www.postgresql.org/docs/current/sql-createindex.html
        """
        kw.pop("if_not_exists", None)  # it would keep an INVALID leftover
        kw.pop("postgresql_concurrently", None)
        spec = IndexSpec(
            index_name, QualifiedName(table_name, schema), tuple(columns), unique, kw
        )
        operations.invoke(cls(spec, context=operations.migration_context))

    @classmethod
    def from_stock(cls, stock: ops.CreateIndexOp) -> CreateIndexConcurrentlyOp:
        """The safe operation instead of Alembic's ``create_index()``."""
        options = {k: v for k, v in stock.kw.items() if k.startswith("postgresql_")}
        options.pop("postgresql_concurrently", None)
        table = QualifiedName(stock.table_name, stock.schema)
        unique = bool(stock.unique)
        name = stock.index_name
        return cls(IndexSpec(name, table, tuple(stock.columns), unique, options))

    @property
    def name(self) -> str:
        """The name of the index."""
        return str(self.spec.name)

    @property
    def purpose(self) -> str:
        """What it is for."""
        return f'create index "{self.name}"'

    @property
    def subject(self) -> str:
        """Its table."""
        return self.spec.table.words

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The caller's arguments."""
        spec = self.spec
        named = {"schema": spec.table.schema, "unique": spec.unique or None}
        columns = list(spec.columns)
        return (spec.name, spec.table.name, columns), {**named, **spec.options}

    def reverse(self) -> DropIndexConcurrentlyOp:
        """Drop it, concurrently too."""
        return DropIndexConcurrentlyOp(
            self.name, self.spec.table.name, schema=self.spec.table.schema, create=self
        )

    def questions(self) -> Sequence[Question[Any]]:
        """The table, and how the server would spell the index."""
        return TableQuestion(self.spec.table), canonical_question(self.spec)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """The table and its columns must exist."""
        facts = require_table(self.spec.table, server)
        columns = self.spec.mentioned_columns
        require_columns(self.spec.table, facts, columns, server)
        return ()

    def steps(self, server: Server) -> Sequence[Step]:
        """Drop the leftover, build, gather statistics for expressions."""
        return index_steps(self.spec, server)


def canonical_question(spec: IndexSpec) -> CanonicalIndex:
    """How would the server spell *spec*, if its name is taken?"""
    probe = spec.on(PROBE, str(spec.name)).create(concurrently=False)
    return CanonicalIndex(spec.table, str(spec.name), probe)


def index_steps(spec: IndexSpec, server: Server) -> list[Step]:
    """The steps that end with the index of *spec* being there and valid."""
    facts = server.table(spec.table)
    canonical = server.answer(canonical_question(spec))
    if facts.is_partitioned:
        steps = list(_partitioned(spec, facts, canonical))
    else:
        steps = build_steps(spec, canonical, facts.schema)
    if spec.plain_columns is None:
        steps.append(_analyze(spec))
    return steps


def build_steps(
    spec: IndexSpec, canonical: str | None, schema: str | None, done: str = ""
) -> list[Step]:
    """Drop an INVALID leftover, then build, on a table that stores rows.

    Args:
        spec: the index.
        canonical: how the server spells it, when known.
        schema: where the table really is, when known.
        done: another condition under which there is nothing to do.
    """
    leftover = drop_leftover(spec, schema)
    name = str(spec.name)
    valid = catalog.is_valid(name, spec.table, canonical)
    build = Step(
        purpose=f'build index "{name}"',
        statements=(spec.create(),),
        unconditional=spec.create(if_not_exists=True),
        locks=(RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, spec.table),),
        guard=Guard(f"({valid} OR {done})" if done else valid, _is_valid(name)),
        transaction=Transaction.AUTOCOMMIT,
        scans=(spec.table.sql,),
        watch=Watch.INDEX_BUILD,
        waits_for_snapshots=True,
        build_settings=True,
        preconditions=(_name_is_free(spec, canonical), *_no_duplicates(spec)),
        explain={UNIQUE_VIOLATION: lambda found: _duplicates(spec, found.detail)},
        on_failure=lambda _server, _found: (leftover,),
    )
    return [leftover, build]


def _is_valid(name: str) -> str:
    return f'index "{name}" is there, valid, and has this definition'


def drop_leftover(spec: IndexSpec, schema: str | None = None) -> Step:
    """Drop the INVALID index that an interrupted build left behind."""
    name = str(spec.name)
    index = QualifiedName(name, schema or spec.table.schema)
    return Step(
        purpose=f'drop the INVALID leftover of index "{name}"',
        statements=(f"DROP INDEX CONCURRENTLY {index.sql}",),
        locks=(RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, spec.table),),
        guard=Guard(
            f"(NOT {catalog.is_invalid(name, spec.table)})",
            f'there is no INVALID index "{name}"',
        ),
        transaction=Transaction.AUTOCOMMIT,
        waits_for_snapshots=True,
    )


def _name_is_free(spec: IndexSpec, canonical: str | None) -> Precondition:
    def taken(rows: Sequence[Row]) -> ZdtError:
        kind, table, definition = rows[0]
        what = f"an index on {table}" if definition else "not an index"
        if definition is None:
            what = f'a relation of kind "{kind}"'
        wanted = canonical or spec.create(concurrently=False)
        return DuplicateObjectError(
            f'"{spec.name}" exists and is another object',
            detail=f"There is {what}: {definition or spec.name}. Wanted: {wanted}.",
            hint=f"Choose another name, or replace the index with {_replacing(spec)}.",
            name=spec.name,
        )

    return Precondition(catalog.namesakes(str(spec.name), spec.table), taken)


def _replacing(spec: IndexSpec) -> str:
    call = CreateIndexConcurrentlyOp(spec).call
    return call.replace("create_index_concurrently", "replace_index_concurrently", 1)


def _no_duplicates(spec: IndexSpec) -> Iterator[Precondition]:
    """Look for duplicates, but not for long: the build finds them as well."""
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
    yield Precondition(
        f"SELECT {shown}, count(*) FROM {spec.table.sql}"  # quoted
        + (f" WHERE {' AND '.join(conditions)}" if conditions else "")
        + f" GROUP BY {keys} HAVING count(*) > 1 LIMIT {_EXAMPLES}",
        lambda rows: _duplicates(spec, _examples(rows)),
        max_seconds=_LOOK_SECONDS,
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
        f'"{spec.table.words}" has duplicates in ({columns})',
        detail=f'The unique index "{spec.name}" cannot be built. {detail}{ending}',
        hint="Remove the duplicates, then run the same command again.",
        table=spec.table.words,
    )


def _partitioned(
    spec: IndexSpec, facts: TableFacts, canonical: str | None
) -> Iterator[Step]:
    """The parent's index first, so that new partitions get theirs by themselves."""
    yield _on_only(spec, canonical, None)
    index_of = {spec.table: str(spec.name)}
    for part in facts.partitions:
        parent_index = index_of[part.parent]
        name = derived(str(spec.name), part.name.name)
        index_of[part.name] = name
        there = catalog.has_attached(part.name, part.parent, parent_index)
        of_part = spec.on(part.name, name)
        if part.is_leaf:
            yield from build_steps(of_part, None, part.name.schema, done=there)
        else:
            yield _on_only(of_part, None, there)
    for part in reversed(facts.partitions):
        yield _attach(part, index_of[part.name], index_of[part.parent], facts)


def _on_only(spec: IndexSpec, canonical: str | None, done: str | None) -> Step:
    name = str(spec.name)
    there = catalog.exists(name, spec.table, canonical)
    return Step(
        purpose=f'create index "{name}" of the partitioned table, without partitions',
        statements=(spec.create(concurrently=False, only=True),),
        locks=(RelationLock(LockMode.SHARE, spec.table, only=True),),
        guard=Guard(
            f"({there} OR {done})" if done else there, f'index "{name}" is there'
        ),
        preconditions=(_name_is_free(spec, canonical),),
    )


def _attach(part: Partition, index: str, parent_index: str, facts: TableFacts) -> Step:
    child = QualifiedName(index, part.name.schema)
    parent = QualifiedName(parent_index, part.parent.schema or facts.schema)
    return Step(
        purpose=f'attach index "{index}" to "{parent_index}"',
        statements=(f"ALTER INDEX {parent.sql} ATTACH PARTITION {child.sql}",),
        locks=(
            RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, parent, kind="index"),
            RelationLock(LockMode.ACCESS_EXCLUSIVE, child, kind="index"),
        ),
        guard=Guard(
            catalog.has_attached(part.name, part.parent, parent_index),
            f'"{part.name.words}" has its part of "{parent_index}"',
        ),
    )


def _analyze(spec: IndexSpec) -> Step:
    """Without it the planner knows nothing about the indexed expression."""
    return Step(
        purpose=f'gather statistics for the expressions of index "{spec.name}"',
        statements=(f"ANALYZE {spec.table.sql}",),
        locks=(RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, spec.table),),
        guard=Guard(
            "EXISTS (SELECT FROM pg_catalog.pg_stats s"
            f" WHERE s.tablename = {literal(str(spec.name))})",
            "there are statistics for them",
        ),
        transaction=Transaction.AUTOCOMMIT,
        watch=Watch.SCAN,
    )


@directive
class DropIndexConcurrentlyOp(ZdtOperation):
    """The operation behind ``op.drop_index_concurrently()``."""

    directive = "drop_index_concurrently"

    def __init__(
        self,
        index_name: str,
        table_name: str | None = None,
        *,
        schema: str | None = None,
        create: CreateIndexConcurrentlyOp | None = None,
    ) -> None:
        self.index = QualifiedName(checked(index_name, "index"), schema)
        self.table = QualifiedName(table_name, schema) if table_name else None
        self.create = create

    @classmethod
    def drop_index_concurrently(
        cls,
        operations: Operations,
        index_name: str,
        table_name: str | None = None,
        *,
        schema: str | None = None,
    ) -> None:
        """Drop an index without blocking reads or writes.

        Gone already: skipped.  The index of a partitioned table cannot be dropped
        concurrently; it is dropped in a short transaction under the lock strategy.

        Args:
            index_name: the index.
            table_name: its table, for the log and the lock table.
            schema: its schema, default: by search_path.

        Raises:
            DependentObjectsError: a constraint needs the index.
            LockNotAvailableError: an old transaction did not end in time.

        Example::

            op.drop_index_concurrently("ix_orders_user_id", "orders")

        https://www.postgresql.org/docs/current/sql-dropindex.html
        """
        operations.invoke(cls(index_name, table_name, schema=schema))

    @classmethod
    def from_stock(cls, stock: ops.DropIndexOp) -> DropIndexConcurrentlyOp:
        """The safe operation instead of Alembic's ``drop_index()``."""
        reverse = stock._reverse  # noqa: SLF001  # the definition is nowhere else
        return cls(
            str(stock.index_name),
            stock.table_name,
            schema=stock.schema,
            create=CreateIndexConcurrentlyOp.from_stock(reverse) if reverse else None,
        )

    @property
    def purpose(self) -> str:
        """What it is for."""
        return f'drop index "{self.index.words}"'

    @property
    def subject(self) -> str:
        """Its table, or the index itself when that is unknown."""
        return (self.table or self.index).words

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The caller's arguments."""
        table = self.table.name if self.table else None
        named = {"table_name": table, "schema": self.index.schema}
        return (self.index.name,), named

    def reverse(self) -> CreateIndexConcurrentlyOp:
        """Build it again, if its definition is known (autogenerate knows it)."""
        if self.create is None:
            self._irreversible(
                "The definition of the index is not part of the call.",
                "Write op.create_index_concurrently(...) into the downgrade.",
            )
        return self.create

    def questions(self) -> Sequence[Question[Any]]:
        """The index, and its table if it is named."""
        table = (TableQuestion(self.table),) if self.table else ()
        return IndexQuestion(self.index), *table

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """No constraint may need the index."""
        if self.table is not None:
            require_table(self.table, server)
        facts = server.answer(IndexQuestion(self.index))
        if facts is not None and facts.constraint:
            self._refuse_constraint(facts.constraint, facts.table)
        return ()

    def _refuse_constraint(self, constraint: str, table: QualifiedName) -> NoReturn:
        raise DependentObjectsError(
            f'cannot drop index "{self.index.words}": constraint "{constraint}" on '
            f'"{table.words}" needs it',
            detail="An index that backs a constraint goes with the constraint.",
            hint=f'Write op.drop_constraint_safely("{constraint}", "{table.name}").',
            constraint=constraint,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """One step."""
        facts = server.answer(IndexQuestion(self.index))
        gone = Guard(
            f"({self.index.regclass} IS NULL)",
            f'there is no index "{self.index.words}"',
        )
        if facts is not None and facts.is_partitioned:
            return (self._drop_partitioned(facts.table, gone),)
        return (self._drop(facts.table if facts else None, gone),)

    def _drop(self, table: QualifiedName | None, gone: Guard) -> Step:
        mode = LockMode.SHARE_UPDATE_EXCLUSIVE
        known = self.table or table
        lock = RelationLock(mode, known) if known else None
        return Step(
            purpose=self.purpose,
            statements=(f"DROP INDEX CONCURRENTLY {self.index.sql}",),
            unconditional=f"DROP INDEX CONCURRENTLY IF EXISTS {self.index.sql}",
            locks=(lock or RelationLock(mode, self.index, kind="index"),),
            guard=gone,
            transaction=Transaction.AUTOCOMMIT,
            waits_for_snapshots=True,
        )

    def _drop_partitioned(self, table: QualifiedName, gone: Guard) -> Step:
        return Step(
            purpose=f"{self.purpose} of the partitioned table and its partitions",
            statements=(f"DROP INDEX {self.index.sql}",),
            locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, table, tree=True),),
            guard=gone,
        )
