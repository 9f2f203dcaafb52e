"""The tables of a test database that are large in production."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.facts import facts_file
from alembic_zdt.facts.exported import Facts
from alembic_zdt.names import IN_USER_SCHEMA, QualifiedName
from alembic_zdt.scratch.project import Project
from alembic_zdt.tracing.partition_trees import trees, with_children

_NAMES = (
    "SELECT c.relname::text, n.nspname::text FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    f" WHERE c.relkind IN ('r', 'p', 'm') AND {IN_USER_SCHEMA}"
)


def tables_in(connection: Connection) -> list[QualifiedName]:
    """Return the tables of the user's schemas."""
    rows = Database(connection).rows(_NAMES)
    return [QualifiedName(name, schema) for name, schema in rows]


class LargeTables:
    """A project's rule for which tables are large.

    Args:
        project: the migrations, whose own tables are not large.
        patterns: names of large tables: ``orders``, ``audit.*`` or ``*``, for example.
        facts: a file that ``alembic-zdt facts export`` has written, None without one.
    """

    def __init__(
        self, project: Project, patterns: Collection[str], facts: Path | None
    ) -> None:
        self._project, self._patterns, self._path = project, patterns, facts

    @property
    def is_known(self) -> bool:
        """Check whether the project has such a rule."""
        return bool(self._patterns) or self._path is not None

    def among(self, connection: Connection) -> set[QualifiedName]:
        """Return the large tables of a database in which env.py has run."""
        found = {
            table
            for table in tables_in(connection)
            if table.name not in self._project.own_tables
            and (self._is_said(table) or self._is_large(table))
        }
        return with_children(found, trees(connection))

    def _is_said(self, table: QualifiedName) -> bool:
        names = (table.name, f"{table.schema}.{table.name}")
        return any(fnmatchcase(name, each) for name in names for each in self._patterns)

    def _is_large(self, table: QualifiedName) -> bool:
        small = self._project.small_table_rows
        return any(rows > small for rows in self._rows(table))

    def _rows(self, table: QualifiedName) -> Iterator[int]:
        """Yield the rows of the table in each database of the facts."""
        if self._facts is None:
            return
        for database in self._facts.databases:
            found = database.table(self._facts.hidden_name(table))
            if found is not None:
                yield sum(each.rows for each in database.tree(found))

    @cached_property
    def _facts(self) -> Facts | None:
        return None if self._path is None else facts_file.read(self._path)
