"""Make the rows that a rehearsal starts with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.rehearsal import column_statistics, filling
from alembic_zdt.rehearsal.partition_keys import placed_shapes
from alembic_zdt.rehearsal.rehearsal_plan import RehearsalPlan
from alembic_zdt.rehearsal.table_shape import Shapes, TableShape
from alembic_zdt.scratch.project import Project


class StartingRows:
    """The rows of a scratch database before the first revision of the range.

    Args:
        project: the migrations, which have run up to the range.
        plan: the plan of the rehearsal.
        tell: a function that shows a line about the progress.
    """

    def __init__(
        self, project: Project, plan: RehearsalPlan, tell: Callable[[str], None]
    ) -> None:
        self._project, self._plan, self._tell = project, plan, tell

    def make(self, connection: Connection) -> Mapping[int, int]:
        """Make the rows, and return their number by the oid of the table."""
        database = Database(connection)
        for statement in self._plan.seed:
            self._run_seed(database, statement)
        known = placed_shapes(database)
        given = {_oid(known, name): count for name, count in self._plan.rows.items()}
        wanted = self._make_rows(database, known, given)
        if not self._plan.seed:
            return wanted
        own = self._project.own_tables
        counts = {
            oid: _count(database, table)
            for oid, table in known.items()
            if table.name.name not in own
        }
        return {oid: count for oid, count in counts.items() if count}

    def _make_rows(
        self, database: Database, known: Shapes, wanted: Mapping[int, int]
    ) -> Mapping[int, int]:
        """Make the wanted rows and those of the facts, and return their numbers."""
        rows: Mapping[int, int] = {**self._like(database, known), **wanted}
        for oid, count in rows.items():
            self._tell(f"make {count:,} rows for {known[oid].name.sql}")
        if self._plan.like is not None:
            known = column_statistics.with_statistics(known, self._plan.like, rows)
        left = filling.fill(database, known, rows, rows.keys() - wanted.keys())
        for oid, error in left.items():
            name = known[oid].name.sql
            self._tell(f"WARNING: {name} stays empty: {error.detail}")
        return {oid: count for oid, count in rows.items() if oid not in left}

    def _like(self, database: Database, known: Shapes) -> Mapping[int, int]:
        """Return the number of rows of the facts for tables that are empty here."""
        facts, own = self._plan.like, self._project.own_tables
        if facts is None:
            return {}
        rows = column_statistics.rows_like(known, facts, self._plan.most_rows)
        return {
            oid: count
            for oid, count in rows.items()
            if known[oid].name.name not in own
            if not database.holds(f"EXISTS (SELECT FROM {known[oid].name.sql})")
        }

    def _run_seed(self, database: Database, statement: str) -> None:
        try:
            database.execute(statement)
        except DBAPIError as error:
            raise UsageError(
                f"a statement of --seed fails: {statement}",
                detail=str(error.orig).strip(),
            ) from error


def _count(database: Database, table: TableShape) -> int:
    return int(database.value(f"SELECT count(*) FROM {table.name.sql}"))


def _oid(known: Shapes, name: str) -> int:
    schema, _, table = name.rpartition(".")
    found = [
        oid
        for oid, each in known.items()
        if each.name.name == table and schema in ("", each.name.schema)
    ]
    if len(found) != 1:
        there = "several tables have" if found else "no table has"
        raise UsageError(
            f"cannot make rows for {name}: {there} this name before the range",
            hint="Name a table that exists before the first revision of the range. "
            "If several have the name, add the schema.",
        )
    return found[0]
