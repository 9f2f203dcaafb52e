"""A database for one test, and the migrations that run in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, MetaData, Table, insert, make_url

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.scratch.database_sessions import over
from alembic_zdt.scratch.project import Project
from alembic_zdt.testing.catalog_snapshot import Snapshot, snapshot
from alembic_zdt.tracing.trace import traced
from alembic_zdt.tracing.tracer import Tracer


@dataclass(frozen=True)
class ScratchDatabase:
    """A database that the test kit drops after the test.

    Attributes:
        url: its URL, with the driver of the run and the password.
        project: the migrations.
    """

    url: str
    project: Project

    def upgrade(self, revision: str = "heads") -> None:
        """Run the pending revisions up to *revision*."""
        self.project.upgrade(self.url, revision)

    def downgrade(self, revision: str) -> None:
        """Revert the revisions above *revision*."""
        self.project.downgrade(self.url, revision)

    def revert(self, revision: str) -> None:
        """Run the downgrade of one head of the database."""
        self.project.revert(self.url, revision)

    def script(self, revision: str) -> str:
        """Return the script of a revision, for a client without commands of psql."""
        return self.project.script_of(self.url, revision)

    def snapshot(self) -> Snapshot:
        """Return a snapshot of the catalog."""
        ignored = self.project.own_tables
        return over(self.url, lambda connection: snapshot(connection, ignored))

    @contextmanager
    def traced(self) -> Iterator[Tracer]:
        """Trace all statements that SQLAlchemy sends to it while the body runs."""
        name = str(make_url(self.url).database)
        with traced(name, partial(over, self.url)) as tracer:
            yield tracer

    def upgrade_before(self, revision: str) -> None:
        """Run what *revision* needs, but not the revision itself."""
        found = self.project.script.get_revision(revision)
        for needed in sorted(contexts.below(found)):
            self.upgrade(needed)

    def insert(
        self, table: str, rows: Sequence[Mapping[str, Any]], schema: str | None = None
    ) -> None:
        """Insert rows, whose values have the types of the table's columns."""

        def work(connection: Connection) -> None:
            found = Table(table, MetaData(), schema=schema, autoload_with=connection)
            for row in rows:  # each may leave out other columns
                connection.execute(insert(found).values(dict(row)))

        over(self.url, work)
