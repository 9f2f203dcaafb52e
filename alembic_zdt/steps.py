"""Steps as data, with their skip conditions and preconditions.

An operation computes a list of :class:`Step` without touching a database.  The same
list is run online, written by ``--sql``, printed by ``alembic-zdt plan``, shown in
the lock table of the documentation and compared with ``pg_locks`` in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Protocol

from alembic_zdt.errors import ZdtError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.qualified import qualified
from alembic_zdt.server_facts import Server

Row = Sequence[Any]

_WIDE = 20  # partitions


@dataclass(frozen=True)
class RelationLock:
    """A lock that a step takes on a relation.

    Attributes:
        mode: the strongest mode taken.
        name: the relation.
        kind: ``table``, ``view`` or ``index``; ``LOCK TABLE`` takes no index.
        tree: a partitioned table is locked together with all its partitions.
        only: a partitioned table is locked without its partitions.
        found_by: in a script, the query for a relation that only the server knows;
            its name is then a description.
        partitions: the number of partitions that are locked with it, 0 if not counted.
    """

    mode: LockMode
    name: QualifiedName
    kind: str = "table"
    tree: bool = False
    only: bool = False
    found_by: str = ""
    partitions: int = 0

    @property
    def lockable(self) -> str:
        """Return the relation as it is written after ``LOCK TABLE``."""
        return f"ONLY {self.relation}" if self.only else self.relation

    @property
    def relation(self) -> str:
        """Return the relation as it is written in SQL, quoted and qualified."""
        return self.name.name if self.found_by else self.name.sql

    def __str__(self) -> str:
        more = f" and {self.partitions:,} partitions" if self.partitions > 1 else ""
        return f"{self.mode.value} on {self.relation}{more}"


class Transaction(Enum):
    """The transaction in which a step runs."""

    SHORT = "a short transaction of its own"
    AUTOCOMMIT = "on its own, outside a transaction block"
    REVISION = "Alembic's transaction, with all else in it"
    BATCHES = "many short transactions, one for each batch"


class Watch(Enum):
    """The progress that is visible while a long step runs."""

    NOTHING = "nothing"
    INDEX_BUILD = "pg_stat_progress_create_index"
    SCAN = "seconds elapsed"


class WorkKind(Enum):
    """The work of a step whose time grows with a table."""

    INDEX = "index build"
    CHECK = "validation"
    FOREIGN_KEY = "foreign key validation"
    BACKFILL = "backfill"


@dataclass(frozen=True)
class Work:
    """The work of a step whose time grows with a table, as an estimate needs it.

    Attributes:
        kind: the kind of work.
        table: the table that is read.
        values: SQL expressions that the step stores for each row.
        where: the SQL condition of the rows that it stores or changes, empty for all.
        index: an index that takes about as much space as the new one, if there is one.
        other: the table that a foreign key refers to.
        until: when the space is free again, empty if it stays in use.
        targets: the columns that the step fills.
    """

    kind: WorkKind
    table: QualifiedName
    values: tuple[str, ...] = ()
    where: str = ""
    index: QualifiedName | None = None
    other: QualifiedName | None = None
    until: str = ""
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class SkipCondition:
    """A question to the catalog that decides whether a step is skipped.

    Attributes:
        done: an SQL expression, true when the effect of the step exists already;
            it looks at definition and validity, never at a name alone.
        description: its description, for example ``index "ix" is valid``.
        by_name: whether the name was free when the steps were computed, so that the
            server was not asked for the definition.  If the condition holds now,
            another session has made the object since, and the steps are computed again.
    """

    done: str
    description: str
    by_name: bool = False

    @property
    def condition(self) -> str:
        """Return the expression qualified with ``pg_catalog``, for scripts."""
        return qualified(self.done)


@dataclass(frozen=True)
class Diagnostics:
    """The server's report of a failed statement, the same for every driver."""

    sqlstate: str
    message: str
    detail: str = ""
    constraint: str = ""
    column: str = ""


@dataclass(frozen=True)
class Precondition:
    """A query that must find nothing before a step or a whole operation starts.

    Attributes:
        wrong: the query; each row that it returns is a fault.
        error: a function that builds the error from those rows.
        max_seconds: the longest time for the query, in seconds. After that the step
            starts without its answer, and finds a fault by itself. None sets no limit.
        failed: a function that builds the error when a value makes the query itself
            fail.
        as_written: the query contains an expression of the user, and the rest of it is
            qualified already.
    """

    wrong: str
    error: Callable[[Sequence[Row]], ZdtError]
    max_seconds: float | None = None
    failed: Callable[[Diagnostics], ZdtError] | None = None
    as_written: bool = False

    @property
    def question(self) -> str:
        """Return the query, with this package's SQL qualified with ``pg_catalog``."""
        return self.wrong if self.as_written else qualified(self.wrong)

    def unless(self, condition: str) -> Precondition:
        """Return a precondition that finds nothing wrong when *condition* holds."""
        ours = qualified(condition)
        wrong = f"SELECT * FROM ({self.wrong}) wrong WHERE NOT {ours}"  # noqa: S608
        return replace(self, wrong=wrong)


Explanation = Callable[[Diagnostics], ZdtError]


class Batches(Protocol):
    """Work in several transactions, which records its own progress."""

    def run(self, database: Any, settings: Any, context: Any) -> int | None:
        """Run the work on a live server, from where it stopped.

        Returns:
            How many rows were changed, None if they are not counted.
        """

    def has_begun(self, database: Any, settings: Any, context: Any) -> bool:
        """Check whether an earlier run has done a part of the work."""

    def script(self, settings: Any, done: str = "") -> str:
        """Return the work for a ``--sql`` script, outside of any transaction.

        Args:
            settings: the settings, with the place of the journal.
            done: the condition under which the work is done already, if any.
        """


@dataclass(frozen=True)
class Step:
    """A part of an operation that can be restarted on its own.

    Attributes:
        purpose: the reason, in short: ``build the index``.
        statements: the SQL to send; more than one only in a short transaction, where
            they must succeed or fail together.
        locks: the strongest lock on each relation that exists before the step.
        skip_if: the condition under which the step is skipped, because its effect
            exists already.
        transaction: the kind of transaction in which the step runs.
        scans: the relations that are read from end to end while the lock is held.
        watch: the kind of progress that can be watched while it runs.
        waits_for_snapshots: whether it ends only after every transaction that was open
            when it began (the CONCURRENTLY family).
        waits_for_readers: whether it also ends only after every transaction that has
            used the table, even without a snapshot (where an index is dropped
            concurrently).
        preconditions: the preconditions, which are checked just before it runs, not
            when it is skipped.
        explain: functions by SQLSTATE; each returns the error in the caller's terms.
        on_failure: the steps that clean up after a failure, computed from the server at
            that time and its report.
        build_settings: settings for this statement only, such as work memory.
        batches: the batches that do the work in place of the statements, which then
            only show it.
        unconditional: for statements that cannot be put inside an IF, a form that does
            no harm when the step is done already; for plain scripts.
        note: the later cost for the application, as a sentence without its dot.
        stands_on: relations whose catalog rows must be the same under the locks as when
            the step was computed.
        unchanged: the condition for that; the runner adds it.
        work: what its time depends on, None if that is not the size of a table.
    """

    purpose: str
    statements: tuple[str, ...]
    locks: tuple[RelationLock, ...]
    skip_if: SkipCondition
    transaction: Transaction = Transaction.SHORT
    scans: tuple[str, ...] = ()
    watch: Watch = Watch.NOTHING
    waits_for_snapshots: bool = False
    waits_for_readers: bool = False
    preconditions: tuple[Precondition, ...] = ()
    explain: Mapping[str, Explanation] = field(default_factory=dict)
    on_failure: Callable[[Server, Diagnostics], Sequence[Step]] | None = None
    build_settings: bool = False
    batches: Batches | None = None
    unconditional: str = ""
    note: str = ""
    stands_on: tuple[QualifiedName, ...] = ()
    unchanged: str = ""
    work: Work | None = None

    def skipped_also(self, condition: str) -> Step:
        """Return a copy of the step that is also skipped if *condition* is true."""
        done = f"({self.skip_if.done} OR {condition})"
        return replace(self, skip_if=SkipCondition(done, self.skip_if.description))

    @property
    def strongest(self) -> LockMode | None:
        """Return the strongest mode among its locks, None when it takes none."""
        modes = [lock.mode for lock in self.locks]
        return max(modes, key=list(LockMode).index, default=None)

    @property
    def blocks(self) -> str:
        """Describe what the application cannot do while the step runs."""
        return self.strongest.blocks if self.strongest else "nothing"

    @property
    def looked_at_again(self) -> tuple[str, ...]:
        """Return the conditions to check again once the locks are held.

        Conditions that read rows, or a wide tree of partitions, are checked only before
        the locks: they could take longer than the step may.
        """
        is_wide = any(lock.partitions >= _WIDE for lock in self.locks)
        return (
            *(
                f"NOT EXISTS ({found.question})"
                for found in self.preconditions
                if found.max_seconds is None and not is_wide
            ),
            *((qualified(self.unchanged),) if self.unchanged else ()),
        )

    @property
    def sql(self) -> str:
        """Return all its statements, each with its semicolon."""
        return " ".join(f"{statement};" for statement in self.statements)
