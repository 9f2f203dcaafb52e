"""Write the page of a rehearsal.

The charts are drawn by plotly.js, which is in the page: it needs no network.
https://plotly.com/javascript/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources, util
from importlib.metadata import version
from itertools import zip_longest
from types import SimpleNamespace

from mako.template import Template

from alembic_zdt.errors import UsageError
from alembic_zdt.estimates.estimate_text import bytes_text
from alembic_zdt.rehearsal import answers_by_code
from alembic_zdt.rehearsal.outcome import (
    CANCELLED,
    RehearsalOutcome,
    RevisionOutcome,
    finding_text,
    milliseconds,
)
from alembic_zdt.rehearsal.report.charts import chart_of
from alembic_zdt.rehearsal.report.timeline import StepBar, work_of
from alembic_zdt.steps import RelationLock
from alembic_zdt.tracing.traced_statement import SeenLock, TracedStatement

_LIBRARY = "plotly"
_AS_WRITTEN = "As written"
_WITH_STOCK = "With stock operations instead of directives"
_ROOM = 1.05
"""How much longer the axis of time is than the run."""


def refuse_missing_library() -> None:
    """Refuse to begin without the library that draws the charts.

    Raises:
        UsageError: it is not installed.
    """
    if util.find_spec(_LIBRARY) is None:
        raise UsageError(
            "the report needs plotly, which is not installed",
            hint="Install it: pip install 'alembic-zdt[report]'.",
        )


def page_of(found: RehearsalOutcome) -> str:
    """Return the HTML of a report."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415  # of an extra

    circumstances = found.circumstances
    pairs = zip_longest(found.revisions, found.stock or ())
    revisions = [
        _Revision(number, each, stock, circumstances.bound, _told(found, each))
        for number, (each, stock) in enumerate(pairs, start=1)
        if each is not None
    ]
    specs = {run.id: run.spec for each in revisions for run in each.runs}
    view = {
        "title": circumstances.revisions,
        "when": circumstances.began.strftime("%Y-%m-%d %H:%M %Z").strip(),
        "server": circumstances.server,
        "version": version("alembic-zdt"),
        "is_harmless": not found.exit_code,
        "verdict": _verdict(found.revisions),
        "rows": ", ".join(f"{each} {n:,}" for each, n in found.rows.items()),
        "summaries": [each.summary for each in revisions],
        "revisions": revisions,
        "style": _file("style.css"),
        "script": _file("charts.js"),
        # A text of a script element ends at the first "</script".
        "specs": json.dumps(specs).replace("<", "\\u003c"),
        "plotly": get_plotlyjs(),
    }
    escaped = ["str", "h"]  # the filter that makes each text of the user harmless
    template = Template(_file("page.mako"), default_filters=escaped)  # noqa: S702  # escapes
    return str(template.render(page=SimpleNamespace(**view)))


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _verdict(revisions: Sequence[RevisionOutcome]) -> str:
    failed = [each for each in revisions if each.error]
    if failed:
        what = f"{failed[0].way} {failed[0].revision}"
        return f"{what.capitalize()} failed, and nothing was run after it."
    counts = (
        (sum(len(each.stalls) for each in revisions), "stall", "stalls"),
        (
            sum(len(each.undeclared) for each in revisions),
            "undeclared lock",
            "undeclared locks",
        ),
        (
            sum(len(each.failed) for each in revisions),
            "error of the application",
            "errors of the application",
        ),
    )
    named = [_counted(*each) for each in counts if each[0]]
    if not named:
        return "No stall, no undeclared lock and no error of the application."
    return f"Seen: {', '.join(named)}."


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


# ---------------------------------------------------------------------- one revision


@dataclass(frozen=True)
class _Summary:
    """A row of the first table."""

    anchor: str
    title: str
    declared: str
    traced: str
    took: str
    longest: str
    wal: str
    disk: str
    dead_rows: str


class _Revision:
    """A section of the page."""

    def __init__(
        self,
        number: int,
        found: RevisionOutcome,
        stock: RevisionOutcome | None,
        bound: float,
        findings: Sequence[str],
    ) -> None:
        self.findings = findings
        self.anchor = f"revision-{number}"
        self.title = f"{found.way} {found.revision} ({found.phase.value})"
        use = found.disk_use
        self.summary = _Summary(
            self.anchor,
            self.title,
            _declared(found),
            _traced(found),
            f"{found.took:.1f} s",
            milliseconds(found.longest),
            bytes_text(use.wal),
            _signed(bytes_text(abs(use.size)), use.size),
            _signed(f"{abs(use.dead_rows):,}", use.dead_rows),
        )
        runs = [("", "", found)]
        if stock is not None:
            runs = [("", _AS_WRITTEN, found), ("-stock", _WITH_STOCK, stock)]
        end = max(1.0, *(each.began + each.took for *_, each in runs)) * _ROOM
        slowest = max(each.longest for *_, each in runs)
        self.runs = [
            _Run(f"chart-{number}{name}", heading, each, bound, end, slowest)
            for name, heading, each in runs
        ]


def _told(found: RehearsalOutcome, ran: RevisionOutcome) -> list[str]:
    """Return the findings of lint in an upgrade, and what the trace says of them."""
    if ran.way != "upgrade":
        return []
    own = [(each, "") for each in found.findings]
    own += [(each, CANCELLED) for each in found.cancelled]
    return [
        f"{finding_text(each)}{words}"
        for each, words in own
        if each.revision == ran.revision
    ]


class _Run:
    """A chart with its texts."""

    def __init__(
        self,
        name: str,
        heading: str,
        found: RevisionOutcome,
        bound: float,
        end: float,
        slowest: float,
    ) -> None:
        self.heading = heading
        chart = chart_of(found, bound, end, slowest)
        self.id, self.spec, self.height = name, chart.spec, chart.height
        self.caption = (
            "Answers to the application, steps, and locks of each table. "
            f"{len(found.answers):,} statements of the application."
        )
        self.spoken = (
            f"{found.way} {found.revision} took {found.took:.1f} seconds; the slowest "
            f"of {len(found.answers):,} answers took {milliseconds(found.longest)}; "
            f"locks that block the application: {_traced(found)}. "
            "The tables on this page hold the same in words."
        )
        self.verdicts = [
            *(f"stall: {each}" for each in found.stalls),
            *(f"undeclared lock: {each}" for each in found.undeclared),
            *([f"failed: {found.error}"] if found.error else ()),
        ]
        self.errors = answers_by_code.errors(found.answers)
        self.work = [_shown(each) for each in work_of(found)]


def _declared(found: RevisionOutcome) -> str:
    steps = {id(each.step): each.step for each in found.statements if each.step}
    claims = {
        str(lock)
        for step in steps.values()
        for lock in step.locks
        if _is_of_a_table(lock)
    }
    if not steps:
        return "no directive"
    return "; ".join(sorted(claims)) or "none"


def _is_of_a_table(lock: RelationLock) -> bool:
    return lock.mode.stalls_application and lock.kind == "table"


def _traced(found: RevisionOutcome) -> str:
    longest: dict[str, float] = {}
    for lock in _strong(found.statements):
        name = f"{lock.mode.value} on {lock.relation.sql}"
        longest[name] = max(lock.held, longest.get(name, 0.0))
    held = (f"{each} for {milliseconds(longest[each])}" for each in sorted(longest))
    return "; ".join(held) or "none"


def _strong(statements: Sequence[TracedStatement]) -> Iterator[SeenLock]:
    for statement in statements:
        for lock in statement.locks:
            if lock.mode.stalls_application and lock.relation == lock.table:
                yield lock


def _signed(text: str, count: int) -> str:
    return f"-{text}" if count < 0 else f"+{text}"


@dataclass(frozen=True)
class _ShownStatement:
    sql: str
    words: str


@dataclass(frozen=True)
class _ShownWork:
    label: str
    words: str
    statements: Sequence[_ShownStatement]


def _shown(work: StepBar) -> _ShownWork:
    statements = [_ShownStatement(each.sql, _words(each)) for each in work.statements]
    return _ShownWork(work.label, work.words, statements)


def _words(statement: TracedStatement) -> str:
    """Return what a statement took, locked, read and wrote."""
    parts = [milliseconds(statement.took), *map(_lock_words, statement.locks)]
    parts += [f"reads {each.sql}" for each in statement.scans]
    parts += [f"rewrites {each.sql}" for each in statement.rewritten]
    if statement.rows:
        parts.append(f"{statement.rows:,} rows")
    if statement.wal:
        parts.append(f"{bytes_text(statement.wal)} WAL")
    if statement.failed:
        parts.append("failed")
    return "; ".join(parts)


def _lock_words(lock: SeenLock) -> str:
    queued = f", after {milliseconds(lock.queued)} in the queue" if lock.queued else ""
    held = f"held for {milliseconds(lock.held)}{queued}"
    return f"{lock.mode.value} on {lock.relation.sql} {held}"
