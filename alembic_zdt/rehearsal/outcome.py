"""The results of a rehearsal, as text and as JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alembic_zdt.checks.revision_finding import Evidence, RevisionFinding
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.names import QualifiedName
from alembic_zdt.phases import Phase
from alembic_zdt.rehearsal import answers_by_code
from alembic_zdt.rehearsal.disk_use import DiskUse
from alembic_zdt.tracing.claims import Undeclared
from alembic_zdt.tracing.stalls import Stall
from alembic_zdt.tracing.traced_statement import SeenLock, TracedStatement
from alembic_zdt.tracing.traffic import Answer

CANCELLED = " (finding cancelled: the trace shows no such wait)"
"""Words after a finding of lint that the trace has disproved."""


@dataclass(frozen=True)
class RevisionOutcome:
    """The results of one revision.

    Attributes:
        revision: its id.
        phase: its phase.
        way: ``upgrade`` or ``downgrade``.
        began: seconds after the begin of the traffic.
        took: seconds that it ran.
        traffic_began: the begin of the traffic, on the clock of ``time.monotonic()``.
        statements: the statements that it sent.
        stalls: the statements for which the application may wait.
        undeclared: the locks that the steps took and do not declare.
        tables: the tables that have rows.
        own_tables: names of tables that the application does not use.
        answers: the answers to the statements of the application.
        disk_use: the WAL, the disk space and the dead rows that it has added, together
            with the traffic.
        error: why it failed, empty if it did not.
    """

    revision: str
    phase: Phase
    way: str
    began: float
    took: float
    traffic_began: float
    statements: Sequence[TracedStatement]
    stalls: Sequence[Stall]
    undeclared: Sequence[Undeclared]
    tables: Collection[QualifiedName]
    own_tables: Collection[str]
    answers: Sequence[Answer]
    disk_use: DiskUse
    error: str

    @property
    def longest(self) -> float:
        """Return the seconds of the slowest answer to the application."""
        return max((each.took for each in self.answers), default=0.0)

    @property
    def failed(self) -> Sequence[Answer]:
        """Return the answers that are errors."""
        return [each for each in self.answers if each.error is not None]

    @property
    def strongest(self) -> SeenLock | None:
        """Return the strongest lock on a table with rows, held longest."""
        stopping = [
            lock
            for statement in self.statements
            for lock in statement.locks
            if lock.mode.stalls_application and lock.relation == lock.table
            if lock.table in self.tables
        ]
        return max(
            stopping,
            key=lambda each: (len(each.mode.conflicts), each.held),
            default=None,
        )

    @property
    def is_harmless(self) -> bool:
        """Check whether the revision ran, and the application went on meanwhile."""
        return not (self.error or self.stalls or self.undeclared or self.failed)


@dataclass(frozen=True)
class Circumstances:
    """The time, the server and the limit of a rehearsal.

    Attributes:
        revisions: the range, in words.
        began: the time at which it began.
        server: the version of PostgreSQL.
        bound: the seconds that the application may wait, as ``lock_timeout`` says.
    """

    revisions: str
    began: datetime
    server: str
    bound: float


@dataclass(frozen=True)
class RehearsalOutcome:
    """The results of a rehearsal.

    Attributes:
        circumstances: where and when it ran.
        revisions: the revisions, in the order in which they ran.
        rows: the number of rows that were made, by table.
        stock: the results of the same revisions with stock operations in place of the
            directives, None if that was not asked for.
        findings: the findings of lint, with the evidence ``traced`` where the trace
            has confirmed them.
        cancelled: findings of lint that the trace has disproved.
    """

    circumstances: Circumstances
    revisions: Sequence[RevisionOutcome]
    rows: Mapping[str, int]
    stock: Sequence[RevisionOutcome] | None = None
    findings: Sequence[RevisionFinding] = ()
    cancelled: Sequence[RevisionFinding] = ()

    @property
    def exit_code(self) -> ExitCode:
        """Return an error if a revision failed, or harmed the application."""
        is_harmless = all(each.is_harmless for each in self.revisions)
        return ExitCode.OK if is_harmless else ExitCode.ERROR

    def lines(self) -> Iterator[str]:
        """Yield the lines of the text."""
        for table, count in self.rows.items():
            yield f"{table}: {count:,} rows"
        if not self.rows:
            yield "no table has rows: give --rows to see stalls"
        for each in self.revisions:
            yield from _lines(each)
        yield from self._findings()
        if self.stock is not None:
            yield "the same revisions with stock operations instead of directives:"
            for each in self.stock:
                yield from _lines(each)

    def _findings(self) -> Iterator[str]:
        if self.findings or self.cancelled:
            yield "findings of lint:"
        for each in self.findings:
            yield f"  {finding_text(each)}"
        for each in self.cancelled:
            yield f"  {finding_text(each)}{CANCELLED}"

    def as_json(self) -> dict[str, Any]:
        """Return the object of the JSON output."""
        return {
            "server_version": self.circumstances.server,
            "began": self.circumstances.began.isoformat(timespec="seconds"),
            "lock_timeout_seconds": self.circumstances.bound,
            "rows": dict(self.rows),
            "revisions": [_json(each) for each in self.revisions],
            "findings": [each.as_json() for each in self.findings],
            "cancelled": [each.as_json() for each in self.cancelled],
            "stock": None
            if self.stock is None
            else [_json(each) for each in self.stock],
        }


def _lines(found: RevisionOutcome) -> Iterator[str]:
    yield (
        f"{found.way} {found.revision} ({found.phase.value}): {found.took:.1f} s, "
        f"{len(found.answers):,} statements of the application, "
        f"the slowest answer took {milliseconds(found.longest)}"
    )
    yield from answers_by_code.lines(found.answers)
    if lock := found.strongest:
        yield (
            f"  {lock.mode.value} on {lock.relation.sql} held for "
            f"{milliseconds(lock.held)}"
        )
    for stall in found.stalls:
        yield from (f"  stall: {stall}").replace("\n  ", "\n    ").splitlines()
    yield from (f"  undeclared lock: {each}" for each in found.undeclared)
    yield from answers_by_code.error_lines(found.answers)
    if found.error:
        yield from (f"  failed: {found.error}").splitlines()


def finding_text(found: RevisionFinding) -> str:
    """Return a finding in one line, with its evidence if it was traced."""
    traced = " (traced)" if found.evidence is Evidence.TRACED else ""
    return (
        f"{found.revision}: {found.severity.value}: {found.check}: "
        f"{found.message}{traced}"
    )


def milliseconds(seconds: float) -> str:
    """Return a time in milliseconds, for a reader."""
    return f"{seconds * 1000:,.0f} ms"


def _json(found: RevisionOutcome) -> dict[str, Any]:
    return {
        "revision": found.revision,
        "phase": found.phase.value,
        "direction": found.way,
        "seconds": round(found.took, 3),
        "error": found.error or None,
        "longest_answer_seconds": round(found.longest, 4),
        "answers": len(found.answers),
        "wal_bytes": found.disk_use.wal,
        "disk_bytes": found.disk_use.size,
        "dead_rows": found.disk_use.dead_rows,
        "errors": [
            {
                "statement": each.statement,
                "error": each.message,
                "code": each.code or None,
            }
            for each in found.failed
        ],
        "codes": answers_by_code.as_json(found.answers),
        "stalls": [str(each) for each in found.stalls],
        "undeclared": [str(each) for each in found.undeclared],
        "statements": [
            _statement(each) for each in found.statements if each.touches_tables
        ],
    }


def _statement(found: TracedStatement) -> dict[str, Any]:
    return {
        "sql": found.sql,
        "seconds": round(found.took, 4),
        "rows": found.rows,
        "wal_bytes": found.wal,
        "lock_timeout": found.lock_timeout or None,
        "failed": found.failed,
        "locks": [
            {
                "mode": lock.mode.value,
                "relation": lock.relation.sql,
                "queued_seconds": round(lock.queued, 4),
                "held_seconds": round(lock.held, 4),
            }
            for lock in found.locks
        ],
        "scans": {name.sql: rows for name, rows in found.scans.items()},
        "rewritten": [name.sql for name in found.rewritten],
    }
