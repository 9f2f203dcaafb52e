"""The steps and the locks of a revision, in seconds since its traffic began."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alembic_zdt.rehearsal.outcome import RevisionOutcome
from alembic_zdt.tracing.traced_statement import SeenLock, TracedStatement


@dataclass(frozen=True)
class Bar:
    """Something that lasted.

    Attributes:
        label: the row of the chart in which it is.
        began: seconds since the traffic began.
        took: seconds that it lasted.
        words: a description.
    """

    label: str
    began: float
    took: float
    words: str


@dataclass(frozen=True)
class LockBar(Bar):
    """A lock that was held on a table or on one of its indexes.

    Attributes:
        blocks: what the application cannot do meanwhile.
        queued: seconds in the queue before it.
    """

    blocks: str
    queued: float

    @property
    def in_the_queue(self) -> Bar | None:
        """Return the wait for the lock, None if it was free."""
        if not self.queued:
            return None
        words = f"waited {self.queued * 1000:,.0f} ms: {self.words}"
        return Bar(self.label, self.began - self.queued, self.queued, words)


@dataclass(frozen=True)
class StepBar(Bar):
    """A step, or a statement that belongs to none.

    Attributes:
        statements: its statements.
    """

    statements: Sequence[TracedStatement]


def work_of(found: RevisionOutcome) -> list[StepBar]:
    """Return the steps and other statements in their order, numbered from 1.

    Left out are questions, and what is written into tables of Alembic and this package.
    """
    groups = [each for each in _groups(found.statements) if _is_shown(each, found)]
    return [
        _work(number, each, found.traffic_began)
        for number, each in enumerate(groups, start=1)
    ]


def _groups(statements: Sequence[TracedStatement]) -> Iterator[list[TracedStatement]]:
    """Yield the statements of one step together, and others alone."""
    group: list[TracedStatement] = []
    for each in statements:
        if group and (each.step is None or each.step is not group[-1].step):
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _is_shown(group: Sequence[TracedStatement], found: RevisionOutcome) -> bool:
    own = [each for each in group if each.touches_tables]
    names = {lock.table.name for each in own for lock in each.holding}
    return group[0].step is not None or not names <= {*found.own_tables}


def _work(number: int, group: Sequence[TracedStatement], origin: float) -> StepBar:
    first, last = group[0], group[-1]
    words = first.step.purpose if first.step else " ".join(first.sql.split())
    took = last.began + last.took - first.began
    return StepBar(f"step {number}", first.began - origin, took, words, group)


def locks_of(found: RevisionOutcome) -> list[LockBar]:
    """Return the locks, each with the row of its table."""
    return [
        _lock(lock, found.traffic_began)
        for statement in found.statements
        for lock in statement.locks
        if lock.table.name not in found.own_tables
    ]


def _lock(lock: SeenLock, origin: float) -> LockBar:
    words = f"{lock.mode.value} on {lock.relation.sql}, {lock.held * 1000:,.0f} ms"
    label = lock.table.sql.removeprefix("public.")
    began = lock.since - origin
    return LockBar(label, began, lock.held, words, lock.mode.blocks, lock.queued)
