"""The results of a rehearsal, as text and as JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.phases import Phase
from alembic_zdt.tracing.claims import Undeclared
from alembic_zdt.tracing.stalls import Stall
from alembic_zdt.tracing.traced_statement import SeenLock, TracedStatement
from alembic_zdt.tracing.traffic import Answer

_MOST_ERRORS = 3


@dataclass(frozen=True)
class RevisionOutcome:
    """The results of one revision.

    Attributes:
        revision: its id.
        phase: its phase.
        way: ``upgrade`` or ``downgrade``.
        took: seconds that it ran.
        statements: the statements that it sent.
        stalls: those for which the application may wait.
        undeclared: the locks of which their steps say nothing.
        tables: the tables that have rows.
        answers: the answers to the statements of the application.
        error: why it failed, empty if it did not.
    """

    revision: str
    phase: Phase
    way: str
    took: float
    statements: Sequence[TracedStatement]
    stalls: Sequence[Stall]
    undeclared: Sequence[Undeclared]
    tables: Collection[str]
    answers: Sequence[Answer]
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
            if lock.table.sql in self.tables
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
class RehearsalOutcome:
    """The results of a rehearsal.

    Attributes:
        revisions: the revisions, in the order in which they ran.
        rows: the number of rows that were made, by table.
    """

    revisions: Sequence[RevisionOutcome]
    rows: Mapping[str, int]

    @property
    def exit_code(self) -> ExitCode:
        """Return the code: an error if a revision failed or the application would."""
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

    def as_json(self) -> dict[str, Any]:
        """Return the object of the JSON output."""
        return {
            "rows": dict(self.rows),
            "revisions": [_json(each) for each in self.revisions],
        }


def _lines(found: RevisionOutcome) -> Iterator[str]:
    yield (
        f"{found.way} {found.revision} ({found.phase.value}): {found.took:.1f} s, "
        f"{len(found.answers):,} statements of the application, "
        f"the slowest answer took {_milliseconds(found.longest)}"
    )
    if lock := found.strongest:
        yield (
            f"  {lock.mode.value} on {lock.relation.sql} held for "
            f"{_milliseconds(lock.held)}"
        )
    for stall in found.stalls:
        yield from (f"  stall: {stall}").replace("\n  ", "\n    ").splitlines()
    yield from (f"  undeclared lock: {each}" for each in found.undeclared)
    for answer in found.failed[:_MOST_ERRORS]:
        yield f"  error of the application: {answer.statement}: {_first_line(answer)}"
    if len(found.failed) > _MOST_ERRORS:
        yield f"  and {len(found.failed) - _MOST_ERRORS:,} more errors"
    if found.error:
        yield from (f"  failed: {found.error}").splitlines()


def _first_line(answer: Answer) -> str:
    text = "" if answer.error is None else str(answer.error.orig)
    return text.partition("\n")[0]


def _milliseconds(seconds: float) -> str:
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
        "errors": [
            {"statement": each.statement, "error": _first_line(each)}
            for each in found.failed
        ],
        "stalls": [str(each) for each in found.stalls],
        "undeclared": [str(each) for each in found.undeclared],
        "statements": [_statement(each) for each in found.statements if each.locks],
    }


def _statement(found: TracedStatement) -> dict[str, Any]:
    return {
        "sql": found.sql,
        "seconds": round(found.took, 4),
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
