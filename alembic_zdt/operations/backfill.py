"""Filling a column of existing rows, batch by batch.

One big UPDATE locks every row that it has changed until it ends.  Other writes to these
rows wait that long, replicas fall behind, and a full table doubles in size.  So the
rows are changed in short transactions, each with its own commit.  The same transactions
write the progress into a table next to ``alembic_version``.

Rows are visited page by page, and only a few rows of a full page at a time.  Their new
versions then fit on the same page, and no index has to be changed.

What can still go wrong: application code keeps writing rows without the value.  First
deploy code that writes it, or add a default or a trigger.  At the end the directive
counts the rows that remain.

https://www.postgresql.org/docs/current/storage-hot.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, NoReturn, Self

from sqlalchemy import ClauseElement

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.triggers import checked_triggers
from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName, checked
from alembic_zdt.operations.backfill_limits import limits_of, seconds_of
from alembic_zdt.operations.backfill_step import backfilling, expression
from alembic_zdt.operations.base import (
    TableOperation,
    directive,
    require_columns,
    require_table,
)
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.queueable import QueueableOperation, queueable
from alembic_zdt.queueing.later import later_of
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Precondition, Step


@directive
@queueable("backfill")
class BackfillOp(QueueableOperation, TableOperation):
    """Change many rows in many short transactions, and prove that none remains.

    After a failure the next run continues where the last one stopped.  Other
    sessions can change, insert or delete rows meanwhile: each row is checked again
    in the transaction that changes it.

    Args:
        table_name: the table; its partitions and children are included.
        values: column -> SQL expression over the columns of the row, as text or
            as a SQLAlchemy construct.
        where: SQL condition, true for the rows to change; the update must make it
            false.  Default: the column is NULL and the expression is not, so that
            no value is overwritten.
        key: columns of a unique key, which sets the order of the rows.
            Default: page by page, which needs no key.
        batch_size: the number of rows in a transaction; ``"auto"`` adapts it to
            *target_batch_time*.
        target_batch_time: the time that a transaction should last, with its unit, for
            example ``100ms``. While other sessions change the table, it is a quarter of
            that.
        max_replica_lag: wait while a replica is further behind, for example ``"10s"``;
            ``"0s"`` turns this off.  Default of this and the other limits: the setting
            of that name after ``backfill_``.
        max_wal_rate: wait while the server writes more WAL in a second, for example
            ``"50MB"``.
        max_archive_backlog: wait while more WAL is not archived yet, for example
            ``"2GB"``.
        wait_for_autovacuum: whether to wait while autovacuum works on the table.
        max_active_sessions: wait while more sessions of the server are active; ``-1``
            turns this off.
        max_lock_waiters: wait while more sessions of the database wait for a lock;
            ``-1`` turns this off.
        window: work only at these hours, for example ``"22:00-05:00 Europe/Berlin"``.
        pause: the time to wait after each transaction, with its unit, for example
            ``"50ms"``.
        throttle: ``"package.module:function"``, called between transactions with
            a ``Pulse``; returns the seconds to wait before the next call.
        verify: whether to count the remaining rows at the end.  Without it, rows
            that other sessions insert or move meanwhile may remain.
        triggers: ``"fire"`` runs the triggers and rules of the table for the
            changed rows, ``"skip"`` does not; default: the setting
            ``backfill_triggers``.
        mode: ``"inline"`` runs it in the revision; ``"background"`` leaves it to
            any number of ``alembic-zdt work`` processes.
        name: the name in the journal; default ``<table>.<columns>``.
        approve: with ``mode="background"``, wait for ``alembic-zdt queue approve``.

    Raises:
        UndefinedObjectError: no such table or column.
        UsageError: a column cannot be set, an expression is wrong, or a right is
            missing.
        EndlessBackfillError: the update does not make ``where`` false.
        RowFailedError: the expression fails on a row; the error names it.
        RowsRemainError: rows remain, because other code keeps writing them.
        LockNotAvailableError: rows stay locked by another session.

    Example::

        op.backfill("users", {"email_lower": "lower(email)"})

    Instead of::

        op.execute("UPDATE users SET email_lower = lower(email)")

    https://www.postgresql.org/docs/current/sql-update.html
    """

    directive = "backfill"
    ends_queued_calls = True

    def __init__(
        self,
        table_name: str,
        values: Mapping[str, str | ClauseElement],
        *,
        where: str | ClauseElement | None = None,
        schema: str | None = None,
        key: str | Sequence[str] | None = None,
        batch_size: int | Literal["auto"] = "auto",
        target_batch_time: str | timedelta = "100ms",
        max_replica_lag: str | timedelta | None = None,
        max_wal_rate: str | None = None,
        max_archive_backlog: str | None = None,
        wait_for_autovacuum: bool | None = None,
        max_active_sessions: int | None = None,
        max_lock_waiters: int | None = None,
        window: str | None = None,
        pause: str | timedelta = "0ms",
        throttle: str | None = None,
        verify: bool = True,
        triggers: Literal["fire", "skip"] | None = None,
        mode: Literal["inline", "background"] = "inline",
        name: str | None = None,
        approve: bool = False,
    ) -> None:
        self.table = QualifiedName(checked(table_name, "table"), schema)
        self._given = {
            "where": where,
            "schema": schema,
            "key": key,
            "batch_size": batch_size,
            "target_batch_time": target_batch_time,
            "max_replica_lag": max_replica_lag,
            "max_wal_rate": max_wal_rate,
            "max_archive_backlog": max_archive_backlog,
            "wait_for_autovacuum": wait_for_autovacuum,
            "max_active_sessions": max_active_sessions,
            "max_lock_waiters": max_lock_waiters,
            "window": window,
            "pause": pause,
            "throttle": throttle,
            "verify": verify,
            "triggers": triggers,
            "mode": mode,
            "name": name,
        }
        self._values = _checked_values(values, self.table)
        self.definition = Definition(
            table=self.table,
            values={
                column: expression(value) for column, value in self._values.items()
            },
            where="" if where is None else expression(where),
            key=_columns(key),
            batch_rows=_batch_rows(batch_size),
            batch_seconds=seconds_of(
                "target_batch_time", target_batch_time, least=0.001
            ),
            limits=limits_of(self._given),
            pause=seconds_of("pause", pause),
            verify=verify,
            triggers=checked_triggers(triggers),
        )
        if mode not in {"inline", "background"}:
            raise UsageError(
                f'mode="{mode}" of a backfill is neither "inline" nor "background"',
                detail=(
                    '"inline" runs the backfill in the revision. "background" queues '
                    'it for the command "alembic-zdt backfill run".'
                ),
                hint='Write mode="background", or leave it out.',
            )
        self.name = name or self.definition.default_name
        self.background = mode == "background"
        # The queue holds it only until its approval, and the journal from then on.
        asked = later_of(self.directive, mode, None, approve)
        self.later = asked if approve else None

    @property
    def queue_object(self) -> str:
        """Return the name of the backfill."""
        return f"backfill {self.name}"

    @property
    def queue_name(self) -> str:
        """Return the name of the call in the queue."""
        return f"{self.queue_verb}:{self.name}"

    def at_once(self) -> Self:
        """Return the operation that runs the backfill in the revision."""
        found = self.inline()
        found.background = False
        return found

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return f'backfill "{self.name}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call that are not the defaults."""
        given = {
            name: value
            for name, value in self._given.items()
            if isinstance(value, ClauseElement) or value != _DEFAULTS.get(name)
        }
        return (self.table.name, dict(self._values)), given

    def reverse(self) -> NoReturn:
        """Refuse, because the old values of the columns are not kept."""
        columns = ", ".join(self.definition.values)
        self._irreversible(
            f'The old values of "{columns}" are not kept.',
            "Write pass into the downgrade: the new values do no harm, and go with "
            "the column if it is dropped.",
        )

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require that the table and the columns exist."""
        facts = require_table(self.table, server)
        require_columns(self.table, facts, tuple(self.definition.values), server)
        return ()

    def steps(self, server: Server) -> Sequence[Step]:  # noqa: ARG002
        """Return the single step, which runs in many transactions."""
        return (backfilling(self.name, self.definition, background=self.background),)


_DEFAULTS = {
    "batch_size": "auto",
    "target_batch_time": "100ms",
    "pause": "0ms",
    "verify": True,
    "mode": "inline",
}


def _checked_values(
    values: Mapping[str, str | ClauseElement], table: QualifiedName
) -> dict[str, str | ClauseElement]:
    if not values or not hasattr(values, "items"):
        what, where = [table.name, {"column": "expression"}], {"schema": table.schema}
        raise UsageError(
            f'the backfill of "{table.label}" has no column in values=',
            detail="values= is a dict of columns and their SQL expressions.",
            hint=f"Write {written_call('backfill', what, where)}.",
        )
    for column, value in values.items():
        checked(column, "column")
        if not isinstance(value, str | ClauseElement):
            raise UsageError(
                f'the value for column "{column}" is {value!r}, not an expression',
                detail="A value is SQL text or a SQLAlchemy construct.",
                hint=f'Write "{column}": sa.literal({value!r}).',
                column=column,
            )
    return dict(values)


def _columns(key: str | Sequence[str] | None) -> tuple[str, ...]:
    columns = (key,) if isinstance(key, str) else tuple(key or ())
    return tuple(checked(column, "column") for column in columns)


def _batch_rows(batch_size: int | Literal["auto"]) -> int:
    if batch_size == "auto":
        return 0
    if type(batch_size) is int and batch_size > 0:
        return batch_size
    raise UsageError(
        f"batch_size={batch_size!r} is not a number of rows",
        detail='batch_size= takes a whole number above zero, or "auto".',
        hint="Write batch_size=1000, or leave it out.",
    )
