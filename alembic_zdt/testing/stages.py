"""The database before each revision, of which the tests get copies.

https://alembic.sqlalchemy.org/en/latest/branches.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.scratch.databases import Databases
from alembic_zdt.scratch.project import Project
from alembic_zdt.testing.scratch_database import ScratchDatabase

RowsOf = Callable[[str], Mapping[str, Sequence[Mapping[str, Any]]] | None]


class Stages:
    """One database that is upgraded in the order in which the revisions are tested.

    Args:
        databases: the databases of this process.
        project: the migrations.
        rows: the rows to insert before a revision runs.
    """

    def __init__(self, databases: Databases, project: Project, rows: RowsOf) -> None:
        self._databases, self._project, self._rows = databases, project, rows
        self._name = ""
        self._done: set[str] = set()

    def below(self, revision: str) -> str:
        """Return the name of a database at the revisions that *revision* needs."""
        below = contexts.below(self._project.script.get_revision(revision))
        return self.at(below)

    def at(self, revisions: set[str] | Sequence[str]) -> str:
        """Return the name of a database with these revisions and all below them."""
        needed = contexts.at_or_below(self._project.script, revisions)
        if not self._name or not self._done <= needed:
            self._start_again()
        try:
            self._go_up(needed)
        except BaseException:
            self._forget()  # the revision may have changed a part of it
            raise
        return self._name

    def _go_up(self, needed: set[str]) -> None:
        database = ScratchDatabase(self._databases.url(self._name), self._project)
        for revision in reversed(list(self._project.script.walk_revisions())):
            if revision.revision in needed - self._done:
                self.insert_rows(database, revision.revision)
                database.upgrade(revision.revision)
                self._done.add(revision.revision)

    def insert_rows(self, database: ScratchDatabase, revision: str) -> None:
        """Insert the rows that the project wants before a revision."""
        for table, rows in (self._rows(revision) or {}).items():
            schema, _, name = table.rpartition(".")
            database.insert(name, rows, schema or None)

    def _start_again(self) -> None:
        self._forget()
        self._name = self._databases.create()
        # So both databases of a comparison have what env.py creates.
        self._project.run_nothing(self._databases.url(self._name))

    def _forget(self) -> None:
        if self._name:
            self._databases.drop(self._name)
        self._name, self._done = "", set()
