"""Run a range of revisions in a scratch database, with rows and traffic.

The range runs twice.  The first run, in an empty copy, shows which columns each
revision leaves, so that the traffic of the second run names what its code would name.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from alembic.util import CommandError
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName
from alembic_zdt.phases import Phase, phase_of
from alembic_zdt.rehearsal import auto_traffic, filling
from alembic_zdt.rehearsal.outcome import RehearsalOutcome, RevisionOutcome
from alembic_zdt.rehearsal.table_shape import Shapes, shapes
from alembic_zdt.scratch.database_sessions import over
from alembic_zdt.scratch.databases import Databases
from alembic_zdt.scratch.project import Project
from alembic_zdt.tracing.claims import trees, undeclared
from alembic_zdt.tracing.stalls import stalls
from alembic_zdt.tracing.trace import traced
from alembic_zdt.tracing.traffic import Traffic, as_written

Columns = Mapping[QualifiedName, frozenset[str]]


@dataclass(frozen=True)
class RehearsalPlan:
    """What is rehearsed.

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
        self._new = itertools.count(max(plan.rows.values(), default=0) + 1)

    def run(self) -> RehearsalOutcome:
        """Run it, up to a revision that fails.

        Raises:
            UsageError: the tables cannot be filled, or the traffic fails before.
        """
        columns = self._columns_at_each_stage()
        url = self._databases.url(self._databases.create())
        rows = over(url, self._fill)
        outcomes: list[RevisionOutcome] = []
        ways = [(each, False) for each in enumerate(self._plan.revisions)]
        if self._plan.roundtrip:
            ways += [(each, True) for (each, _down) in reversed(ways)]
        for (place, revision), is_down in ways:
            before, after = columns[place], columns[place + 1]
            if is_down:
                before, after = after, before
            kept = _kept(before, after, phase_of(revision), is_down=is_down)
            found = self._one(url, revision, rows, kept, is_down=is_down)
            outcomes.append(found)
            if found.error:
                break
        return RehearsalOutcome(
            outcomes, {str(name.sql): n for name, n in rows.items()}
        )

    def _columns_at_each_stage(self) -> list[Columns]:
        """Return the columns before the first revision, and after each one."""
        name = self._databases.create()
        url = self._databases.url(name)
        found = [over(url, _columns)]
        for revision in self._plan.revisions:
            try:
                self._project.upgrade(url, revision.revision)
            except (CommandError, SQLAlchemyError):  # told when it runs with rows
                break
            found.append(over(url, _columns))
        self._databases.drop(name)
        return found + found[-1:] * (len(self._plan.revisions) + 1 - len(found))

    def _fill(self, connection: Connection) -> Mapping[QualifiedName, int]:
        database = Database(connection)
        for statement in self._plan.seed:
            self._run_seed(database, statement)
        known = shapes(database)
        wanted = {_oid(known, name): count for name, count in self._plan.rows.items()}
        for oid, count in wanted.items():
            self._tell(f"make {count:,} rows for {known[oid].name.sql}")
        filling.fill(database, known, wanted)
        return {known[oid].name: count for oid, count in wanted.items()}

    def _run_seed(self, database: Database, statement: str) -> None:
        try:
            database.execute(statement)
        except DBAPIError as error:
            raise UsageError(
                f"a statement of --seed fails: {statement}",
                detail=str(error.orig).strip(),
            ) from error

    def _one(
        self,
        url: str,
        revision: Any,
        rows: Mapping[QualifiedName, int],
        kept: Columns,
        *,
        is_down: bool,
    ) -> RevisionOutcome:
        way = "downgrade" if is_down else "upgrade"
        self._tell(f"{way} {revision.revision} with traffic")
        statements = self._statements(url, rows, kept)
        traffic = Traffic(partial(over, url), statements, self._plan.rate)
        run = self._project.revert if is_down else self._project.upgrade
        error = ""
        name, connected = str(make_url(url).database), partial(over, url)
        with traced(name, connected) as tracer, traffic.running():
            began = time.monotonic()
            try:
                run(url, revision.revision)
            except (CommandError, SQLAlchemyError, NotImplementedError) as failure:
                error = str(failure)
            took = time.monotonic() - began
        own = self._project.own_tables
        return RevisionOutcome(
            revision.revision,
            phase_of(revision),
            way,
            took,
            tracer.statements,
            list(stalls(tracer.statements, rows.keys())),
            list(undeclared(tracer.statements, over(url, trees), own)),
            {name.sql for name in rows},
            traffic.answers,
            error,
        )

    def _statements(
        self, url: str, rows: Mapping[QualifiedName, int], kept: Columns
    ) -> Mapping[str, Callable[[], str]]:
        if self._plan.traffic is not None:
            return as_written(self._plan.traffic)
        known = over(url, lambda connection: shapes(Database(connection)))
        by_oid = {
            oid: rows[table.name] for oid, table in known.items() if table.name in rows
        }
        return dict(auto_traffic.statements(known, by_oid, kept, self._new))


def _columns(connection: Connection) -> Columns:
    return {
        table.name: frozenset(column.name for column in table.columns)
        for table in shapes(Database(connection)).values()
    }


def _kept(before: Columns, after: Columns, phase: Phase, *, is_down: bool) -> Columns:
    """Return the columns that the application names while a revision runs.

    Old code runs until the contract: it names all columns that are there.  From then
    on only new code runs, which names those that the contract leaves.  A downgrade
    runs in the opposite order.
    """
    if is_down or phase is Phase.CONTRACT:
        return {
            name: _left(columns, after.get(name, frozenset()))
            for name, columns in before.items()
        }
    return before


def _left(before: frozenset[str], after: frozenset[str]) -> frozenset[str]:
    """Return the columns of a table that new code names before and after.

    If one comes as another one goes, no code can run both before and after.
    """
    is_replaced = after - before and before - after
    return before if is_replaced else before & after


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
    """Return the last revision, and those below it of the same change."""
    newest = list(project.script.walk_revisions())[:1]
    change = getattr(newest[0].module, "zdt_change", None) if newest else None
    found = [
        each
        for each in project.script.walk_revisions()
        if each is newest[0]
        or (change and getattr(each.module, "zdt_change", None) == change)
    ]
    return found[::-1]


def needed_below(revisions: Sequence[Any]) -> set[str]:
    """Return the revisions that run before a range."""
    own = {each.revision for each in revisions}
    below = set().union(*(contexts.below(each) for each in revisions))
    return below - own
