"""Run a range of revisions in a scratch database, with rows and traffic.

The range runs twice.  The first run, in an empty copy, shows which columns each
revision leaves, so that the traffic of the second run names what its code would name.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.phases import phase_of
from alembic_zdt.rehearsal import auto_traffic, filling, named_columns
from alembic_zdt.rehearsal.named_columns import Columns
from alembic_zdt.rehearsal.outcome import RehearsalOutcome, RevisionOutcome
from alembic_zdt.rehearsal.table_shape import Shapes, TableShape, shapes
from alembic_zdt.scratch.database_sessions import over
from alembic_zdt.scratch.databases import Databases
from alembic_zdt.scratch.project import Project
from alembic_zdt.tracing.claims import undeclared
from alembic_zdt.tracing.partition_trees import trees, with_children
from alembic_zdt.tracing.stalls import stalls
from alembic_zdt.tracing.trace import traced
from alembic_zdt.tracing.traffic import Traffic, as_written


@dataclass(frozen=True)
class RehearsalPlan:
    """The revisions of a rehearsal, with its rows and its traffic.

    Attributes:
        revisions: the revisions, in the order in which they run.
        rows: the number of rows by the name of a table.
        traffic: statements, None for those made from the tables.
        rate: how often each statement is sent in a second.
        seed: statements that fill tables before the rows are made.
        roundtrip: whether the revisions are reverted afterwards.
    """

    revisions: Sequence[Any]
    rows: Mapping[str, int]
    traffic: Sequence[str] | None = None
    rate: float = 20.0
    seed: Sequence[str] = ()
    roundtrip: bool = False


class Rehearsal:
    """One rehearsal.

    Args:
        project: the migrations.
        databases: the scratch databases, whose template is at the revisions below.
        plan: what is rehearsed.
        tell: a function that shows a line about the progress.
    """

    def __init__(
        self,
        project: Project,
        databases: Databases,
        plan: RehearsalPlan,
        tell: Callable[[str], None],
    ) -> None:
        self._project, self._databases = project, databases
        self._plan, self._tell = plan, tell
        self._rows: Mapping[int, int] = {}
        self._is_tried = False
        self._new = itertools.count(max(plan.rows.values(), default=0) + 1)

    def run(self) -> RehearsalOutcome:
        """Run it, up to a revision that fails.

        Raises:
            UsageError: the tables cannot be filled, or the traffic fails before.
        """
        columns = self._columns_at_each_stage()
        url = self._databases.url(self._databases.create())
        self._rows = over(url, self._fill)
        known = over(url, lambda connection: shapes(Database(connection)))
        names = {known[oid].name.sql: count for oid, count in self._rows.items()}
        outcomes: list[RevisionOutcome] = []
        for revision, kept, is_down in self._ways(columns):
            outcomes.append(self._one(url, revision, kept, is_down=is_down))
            if outcomes[-1].error:
                break
        return RehearsalOutcome(outcomes, names)

    def _ways(self, columns: Sequence[Columns]) -> Iterator[tuple[Any, Columns, bool]]:
        """Yield each revision, the columns that code names, and whether it is down."""
        revisions = self._plan.revisions
        up = named_columns.on_the_way_up(revisions, columns)
        yield from zip(revisions, up, itertools.repeat(False))  # endless
        if self._plan.roundtrip:
            down = named_columns.on_the_way_down(columns)
            back = reversed(revisions)
            yield from zip(back, down, itertools.repeat(True))  # endless

    def _columns_at_each_stage(self) -> list[Columns]:
        """Return the columns before the first revision, and after each one."""
        name = self._databases.create()
        url = self._databases.url(name)
        found = [over(url, named_columns.columns_in)]
        for revision in self._plan.revisions:
            try:
                self._project.upgrade(url, revision.revision)
            except Exception:  # noqa: BLE001  # told when it runs with rows
                break
            found.append(over(url, named_columns.columns_in))
        self._databases.drop(name)
        return found + found[-1:] * (len(self._plan.revisions) + 1 - len(found))

    def _fill(self, connection: Connection) -> Mapping[int, int]:
        """Make the rows, and return their number by the oid of the table."""
        database = Database(connection)
        for statement in self._plan.seed:
            self._run_seed(database, statement)
        known = shapes(database)
        wanted = {_oid(known, name): count for name, count in self._plan.rows.items()}
        for oid, count in wanted.items():
            self._tell(f"make {count:,} rows for {known[oid].name.sql}")
        filling.fill(database, known, wanted)
        if not self._plan.seed:
            return wanted
        counts = {oid: _count(database, table) for oid, table in known.items()}
        return {oid: count for oid, count in counts.items() if count}

    def _run_seed(self, database: Database, statement: str) -> None:
        try:
            database.execute(statement)
        except DBAPIError as error:
            raise UsageError(
                f"a statement of --seed fails: {statement}",
                detail=str(error.orig).strip(),
            ) from error

    def _one(
        self, url: str, revision: Any, kept: Columns, *, is_down: bool
    ) -> RevisionOutcome:
        way = "downgrade" if is_down else "upgrade"
        self._tell(f"{way} {revision.revision} with traffic")
        known = over(url, lambda connection: shapes(Database(connection)))
        tables = {known[oid].name for oid in self._rows if oid in known}
        above = over(url, trees)
        statements = self._statements(known, kept)
        traffic = Traffic(partial(over, url), statements, self._plan.rate)
        run = self._project.revert if is_down else self._project.upgrade
        error = ""
        name, connected = str(make_url(url).database), partial(over, url)
        sent = traffic.running(tried=not self._is_tried)
        with traced(name, connected) as tracer, sent:
            self._is_tried = True
            began = time.monotonic()
            try:
                run(url, revision.revision)
            except Exception as failure:  # noqa: BLE001  # of the user's revision
                error = str(failure) or type(failure).__name__
            took = time.monotonic() - began
        own = self._project.own_tables
        found = tracer.statements
        return RevisionOutcome(
            revision.revision,
            phase_of(revision),
            way,
            took,
            found,
            list(stalls(found, with_children(tables, above))),
            list(undeclared(found, {**above, **over(url, trees)}, own)),
            {each.sql for each in tables},
            traffic.answers,
            error,
        )

    def _statements(
        self, known: Shapes, kept: Columns
    ) -> Mapping[str, Callable[[], str]]:
        if self._plan.traffic is not None:
            return as_written(self._plan.traffic)
        rows = {oid: count for oid, count in self._rows.items() if oid in known}
        return dict(auto_traffic.statements(known, rows, kept, self._new))


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
        there = "no such table" if not found else "several such tables"
        raise UsageError(
            f"cannot make rows for {name}: there is {there} before the range",
            hint="Name a table that is there before the first revision of the range, "
            "with its schema if several have the name.",
        )
    return found[0]


def default_range(project: Project) -> Sequence[Any]:
    """Return the revisions from the first one of the last change to the last one."""
    ordered = list(project.script.walk_revisions())[::-1]
    if not ordered:
        return []
    change = getattr(ordered[-1].module, "zdt_change", None)
    if change is None:
        return ordered[-1:]
    changes = [getattr(each.module, "zdt_change", None) for each in ordered]
    return ordered[changes.index(change) :]


def needed_below(revisions: Sequence[Any]) -> set[str]:
    """Return the revisions that run before a range."""
    own = {each.revision for each in revisions}
    below = set().union(*(contexts.below(each) for each in revisions))
    return below - own
