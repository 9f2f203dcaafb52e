"""Run a range of revisions in a scratch database, with rows and traffic.

The range runs twice.  The first run, in an empty copy, shows which columns each
revision leaves, so that the traffic of the second run names what its code would name.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, make_url

from alembic_zdt.connection.database import Database
from alembic_zdt.phases import phase_of
from alembic_zdt.rehearsal import (
    auto_traffic,
    named_columns,
)
from alembic_zdt.rehearsal.disk_use import disk_use
from alembic_zdt.rehearsal.named_columns import Codes, Columns
from alembic_zdt.rehearsal.outcome import (
    Circumstances,
    RehearsalOutcome,
    RevisionOutcome,
)
from alembic_zdt.rehearsal.partition_keys import placed_shapes
from alembic_zdt.rehearsal.rehearsal_plan import RehearsalPlan
from alembic_zdt.rehearsal.revision_range import in_words
from alembic_zdt.rehearsal.sampled_traffic import sampled_senders
from alembic_zdt.rehearsal.starting_rows import StartingRows
from alembic_zdt.rehearsal.stock_forms import stock_forms
from alembic_zdt.rehearsal.table_shape import Shapes, shapes
from alembic_zdt.scratch.database_sessions import over
from alembic_zdt.scratch.databases import Databases
from alembic_zdt.scratch.project import Project
from alembic_zdt.tracing.claims import undeclared
from alembic_zdt.tracing.partition_trees import trees, with_children
from alembic_zdt.tracing.stalls import stalls
from alembic_zdt.tracing.trace import traced
from alembic_zdt.tracing.traffic import Sender, Traffic


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
        self._new = itertools.count(1)
        self._sampled: Sequence[Sender] = ()

    def run(self) -> RehearsalOutcome:
        """Run it, up to a revision that fails.

        Raises:
            UsageError: the tables cannot be filled, or a statement of the traffic
                fails before the first revision.
        """
        when = datetime.now().astimezone()
        columns = self._columns_at_each_stage()
        url = self._filled()
        known = over(url, lambda connection: shapes(Database(connection)))
        names = {known[oid].name.sql: count for oid, count in self._rows.items()}
        outcomes = self._outcomes(url, columns)
        around = Circumstances(
            in_words(self._plan.revisions),
            when,
            over(url, lambda each: str(Database(each).value("SHOW server_version"))),
            self._project.lock_timeout,
        )
        stock = self._of_stock_forms() if self._plan.compared else None
        return RehearsalOutcome(around, outcomes, names, stock)

    def _filled(self) -> str:
        """Return the URL of a new database at the beginning of the range, with rows."""
        url = self._databases.url(self._databases.create())
        rows = StartingRows(self._project, self._plan, self._tell)
        self._rows = over(url, rows.make)
        self._new = itertools.count(max(self._rows.values(), default=0) + 1)
        if self._plan.called:
            self._sampled = over(url, self._sample)
        return url

    def _sample(self, connection: Connection) -> Sequence[Sender]:
        called = self._plan.called
        return sampled_senders(connection, called, self._new, self._tell)

    def _outcomes(
        self, url: str, columns: Sequence[Columns]
    ) -> Sequence[RevisionOutcome]:
        """Run the revisions one after the other, until one fails."""
        outcomes: list[RevisionOutcome] = []
        for revision, codes, is_down in self._ways(columns):
            outcomes.append(self._one(url, revision, codes, is_down=is_down))
            if outcomes[-1].error:
                break
        return outcomes

    def _of_stock_forms(self) -> Sequence[RevisionOutcome]:
        """Run the same revisions as they would be without this package."""
        self._tell("the same revisions with stock operations")
        self._project.arguments = (*self._project.arguments, "zdt.guard=off")
        with stock_forms():
            columns = self._columns_at_each_stage()
            return self._outcomes(self._filled(), columns)

    def _ways(self, columns: Sequence[Columns]) -> Iterator[tuple[Any, Codes, bool]]:
        """Yield each revision, the columns of each code, and whether it is down."""
        revisions = self._plan.revisions
        up = named_columns.on_the_way_up(revisions, columns)
        yield from zip(revisions, up, itertools.repeat(False))  # endless
        if self._plan.roundtrip:
            down = named_columns.on_the_way_down(revisions, columns)
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
            except Exception:  # noqa: BLE001  # the run with rows reports it
                break
            found.append(over(url, named_columns.columns_in))
        self._databases.drop(name)
        return found + found[-1:] * (len(self._plan.revisions) + 1 - len(found))

    def _one(
        self, url: str, revision: Any, codes: Codes, *, is_down: bool
    ) -> RevisionOutcome:
        way = "downgrade" if is_down else "upgrade"
        self._tell(f"{way} {revision.revision} with traffic")
        known = over(url, lambda connection: placed_shapes(Database(connection)))
        tables = {known[oid].name for oid in self._rows if oid in known}
        above = over(url, trees)
        senders = self._senders(known, codes)
        traffic = Traffic(partial(over, url), senders, self._plan.rate)
        run = self._project.revert if is_down else self._project.upgrade
        error = ""
        name, connected = str(make_url(url).database), partial(over, url)
        before = over(url, disk_use)
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
            began=began - traffic.began,
            took=took,
            traffic_began=traffic.began,
            statements=found,
            stalls=list(stalls(found, with_children(tables, above))),
            undeclared=list(undeclared(found, {**above, **over(url, trees)}, own)),
            tables=with_children(tables, above),
            own_tables=own,
            answers=traffic.answers,
            disk_use=over(url, disk_use).since(before),
            error=error,
        )

    def _senders(self, known: Shapes, codes: Codes) -> Sequence[Sender]:
        given = [*self._plan.traffic, *self._sampled]
        if not self._plan.is_auto:
            return given
        rows = {oid: count for oid, count in self._rows.items() if oid in known}
        made = list(auto_traffic.senders(known, rows, codes, self._new))
        for oid in rows:
            if not known[oid].primary and not self._is_tried:
                name = known[oid].name.sql
                self._tell(f"no traffic for {name}: it has no primary key")
        return [*given, *made]
