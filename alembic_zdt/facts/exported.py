"""The facts of databases, as data: no rows, no queries, no definitions.

Definitions of indexes, constraints and defaults may contain values of the application.
So the facts only have names, types and numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from alembic_zdt.names import QualifiedName

WITH_ROWS = ("r", "p", "m")
"""The kinds of relations that have rows: tables, partitioned ones, and materialized
views."""

LONGEST_AGE = timedelta(days=7)
"""The age up to which sizes and proofs count."""


@dataclass(frozen=True)
class ExportedName:
    """The name of a table."""

    schema: str
    name: str

    @property
    def qualified(self) -> QualifiedName:
        """Return the name as the package uses it."""
        return QualifiedName(self.name, self.schema)


@dataclass(frozen=True)
class ExportedColumn:
    """A column.

    Attributes:
        name: its name.
        type: its type, with its size.
        plain_type: its type, without its size.
        not_null: whether it is declared NOT NULL.
        no_null: whether NOT NULL or valid constraints prove that no row has a NULL.
        width: the average bytes of a value, None if the table was never analyzed.
        null_share: the share of rows with a NULL, None if unknown.
        distinct: the number of distinct values, below 0 their number for each row,
            None if unknown.
    """

    name: str
    type: str
    plain_type: str
    not_null: bool
    no_null: bool
    width: int | None = None
    null_share: float | None = None
    distinct: float | None = None


@dataclass(frozen=True)
class ExportedIndex:
    """An index.

    Attributes:
        name: its name.
        columns: the columns of its key, None for an expression.
        included: the columns of INCLUDE.
        method: the access method, for example ``btree``.
        unique: whether it is unique.
        valid: whether it is valid.
        partial: whether it has a condition.
        bytes: its size.
        constraint: the constraint that needs it, None if none does.
        parent: the index of the partitioned table, None if there is none.
    """

    name: str
    columns: tuple[str | None, ...]
    included: tuple[str, ...]
    method: str
    unique: bool
    valid: bool
    partial: bool
    bytes: int
    constraint: str | None = None
    parent: str | None = None


@dataclass(frozen=True)
class ExportedConstraint:
    """A constraint.

    Attributes:
        name: its name.
        type: ``pg_constraint.contype``.
        columns: its columns.
        valid: whether it is validated.
        referent: the table that a foreign key refers to.
    """

    name: str
    type: str
    columns: tuple[str, ...]
    valid: bool
    referent: ExportedName | None = None


@dataclass(frozen=True)
class ExportedTable:
    """A table, or a view.

    Attributes:
        schema: its schema.
        name: its name.
        kind: ``pg_class.relkind``.
        is_partition: whether it is a partition.
        parents: the tables of which it is a partition or a child.
        rows: the number of its own rows, as the planner estimates it.
        heap_bytes: its own size without indexes and TOAST.
        index_bytes: the size of its indexes.
        total_bytes: its own size with indexes and TOAST.
        reads: scans of it and its indexes per second.
        writes: rows written per second.
        columns: its columns, in order.
        indexes: its indexes.
        constraints: its constraints.
    """

    schema: str
    name: str
    kind: str
    is_partition: bool
    parents: tuple[ExportedName, ...]
    rows: int
    heap_bytes: int
    index_bytes: int
    total_bytes: int
    reads: float
    writes: float
    columns: tuple[ExportedColumn, ...]
    indexes: tuple[ExportedIndex, ...]
    constraints: tuple[ExportedConstraint, ...]

    @property
    def key(self) -> ExportedName:
        """Return its name with its schema."""
        return ExportedName(self.schema, self.name)

    def column(self, name: str) -> ExportedColumn | None:
        """Return a column, None if there is no such column."""
        return next((each for each in self.columns if each.name == name), None)


@dataclass(frozen=True)
class ExportedStep:
    """A step that was measured on the server.

    Attributes:
        kind: the kind of its work.
        source: ``run`` or ``calibrate``.
        seconds: how long it ran.
        table_bytes: the size of the table.
        table_rows: the rows of the table.
        chosen_rows: the rows that it stored or changed.
        stored_bytes: the size of the new index, or of the new row versions.
        indexes: the number of indexes of the table.
        other_bytes: the size of the table that a foreign key refers to.
    """

    kind: str
    source: str
    seconds: float
    table_bytes: int
    table_rows: int
    chosen_rows: int
    stored_bytes: int
    indexes: int
    other_bytes: int


@dataclass(frozen=True)
class ExportedDatabase:
    """The facts of a database.

    Attributes:
        database: its name.
        revisions: the current revisions.
        server_version: ``server_version_num``.
        settings: the settings of the server that decide on speed and locks.
        search_path: the schemas in which PostgreSQL looks up a name without a schema.
        tables: the tables and views.
        steps: the steps that were measured on the server.
        most_rows: the rows of the largest table, as the checks count them.
        digests: the digests of the applied revisions in the log of revisions.
    """

    database: str
    revisions: tuple[str, ...]
    server_version: int
    settings: dict[str, str]
    search_path: tuple[str, ...]
    tables: tuple[ExportedTable, ...]
    steps: tuple[ExportedStep, ...]
    most_rows: int = 0
    digests: dict[str, str] = field(default_factory=dict)

    def table(self, name: QualifiedName) -> ExportedTable | None:
        """Return a table, found as PostgreSQL finds it."""
        schemas = (name.schema,) if name.schema else self.search_path
        found = {each.schema: each for each in self.tables if each.name == name.name}
        return next((found[each] for each in schemas if each in found), None)

    def tree(self, table: ExportedTable) -> Iterator[ExportedTable]:
        """Yield a table, its partitions and its children, parents first."""
        level, seen = [table], {table.key}
        while level:
            yield from level
            parents = {each.key for each in level}
            level = [
                each
                for each in self.tables
                if not parents.isdisjoint(each.parents) and each.key not in seen
            ]
            level.sort(key=lambda each: (each.schema, each.name))
            seen |= {each.key for each in level}

    def index(self, name: QualifiedName) -> tuple[ExportedTable, ExportedIndex] | None:
        """Return an index and its table, found as PostgreSQL finds it."""
        schemas = (name.schema,) if name.schema else self.search_path
        found = {
            table.schema: (table, index)
            for table in self.tables
            for index in table.indexes
            if index.name == name.name
        }
        return next((found[each] for each in schemas if each in found), None)


@dataclass(frozen=True)
class Facts:
    """The facts of all databases of env.py.

    Attributes:
        exported_at: when they were read, in ISO 8601.
        salt: the salt of the hashed names, None if the names are not hashed.
        databases: the databases, in the order of env.py.
    """

    exported_at: str
    salt: str | None
    databases: tuple[ExportedDatabase, ...] = field(default_factory=tuple)

    def hidden(self, name: str) -> str:
        """Return a name as the facts have it, which may be its hash."""
        return name if self.salt is None else hashed(name, self.salt)

    def hidden_name(self, name: QualifiedName) -> QualifiedName:
        """Return the name of a table or an index as the facts have it."""
        schema = self.hidden(name.schema) if name.schema else None
        return QualifiedName(self.hidden(name.name), schema)


def is_old(exported_at: str) -> bool:
    """Check whether facts are too old for their sizes and proofs to count."""
    then = datetime.fromisoformat(exported_at)
    now = datetime.now(UTC if then.tzinfo else None)
    return now - then > LONGEST_AGE


def hashed(name: str, salt: str) -> str:
    """Return the hash of a name."""
    digest = hashlib.sha256(f"{salt}:{name}".encode()).hexdigest()
    return f"h{digest[:16]}"
