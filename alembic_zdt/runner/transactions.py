"""Leave Alembic's transaction, and run steps in short transactions.

A short transaction is one ``DO`` block sent in autocommit mode.  The server takes the
lock, runs the statements and commits without waiting for the client.  So the server
never holds a strong lock while it waits for the client: not on a slow network, and not
when this process is killed or suspended.  The commit does not wait for a synchronous
standby, because the server would hold the lock meanwhile.  If a failover then loses the
step, the next run repeats it.
https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-SYNCHRONOUS-COMMIT
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.errors import ExternalTransactionError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import dollar_tag
from alembic_zdt.qualified import qualified
from alembic_zdt.steps import RelationLock, Step

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

TIMING = "zdt.timing"
# A commit that waits for a synchronous standby still holds its locks.  The commit of
# alembic_version waits as the role is set, and its WAL comes after that of all steps.
LOCAL_COMMIT = (
    "PERFORM pg_catalog.set_config('synchronous_commit', 'local', true) WHERE"
    " pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.<>) 'off';"
)
BUSY = (
    "extract(epoch FROM pg_catalog.clock_timestamp()"
    " OPERATOR(pg_catalog.-) pg_catalog.statement_timestamp())"
)
_NOW = "extract(epoch FROM pg_catalog.clock_timestamp())"


@contextmanager
def autocommit(context: MigrationContext) -> Iterator[Connection]:
    """Yield the migration's connection in autocommit mode.

    Earlier work in Alembic's transaction is committed, as its own
    ``autocommit_block()`` does.  Inside such a block of the user nothing changes.

    Raises:
        ExternalTransactionError: the connection had a transaction before Alembic
            got it, so that nothing could be committed.
    """
    if contexts.in_autocommit(context):
        yield _connection(context)
        return
    if contexts.has_external_transaction(context):
        raise _external_transaction()
    failure: BaseException | None = None
    try:
        with context.autocommit_block():
            try:
                yield _connection(context)
            except BaseException as error:
                failure = error
                raise
    except SQLAlchemyError:
        # After a lost connection, or after Ctrl-C, which makes SQLAlchemy drop it,
        # Alembic's clean-up fails too; the first error counts.
        if failure is None:
            raise
        raise failure from failure.__cause__


def _connection(context: MigrationContext) -> Connection:
    if context.connection is None:  # only offline, where this is not called
        msg = "no connection"
        raise RuntimeError(msg)
    return context.connection


def _external_transaction() -> ExternalTransactionError:
    return ExternalTransactionError(
        "the connection already has a transaction that Alembic did not begin",
        detail="A directive of alembic_zdt commits each of its steps; inside a "
        "transaction of the caller (engine.begin(), or a statement before "
        "context.configure()) it cannot.",
        hint="In env.py use engine.connect() instead of engine.begin(), and call "
        "connection.commit() after any statement before context.configure().",
    )


def short_transaction(step: Step, lock_timeout: int, *, timed: bool = True) -> str:
    """Build the ``DO`` block that is the whole transaction of a step.

    Args:
        step: the step whose locks are taken and whose statements are run.
        lock_timeout: the longest wait for each lock, in milliseconds.
        timed: store the seconds in the queue and with the locks in :data:`TIMING`.
    """
    body = [
        f"PERFORM pg_catalog.set_config('lock_timeout', '{lock_timeout}ms', true);",
        LOCAL_COMMIT,
        *gate_statements(step.locks),
        *map(_must_hold, step.looked_at_again),
        *strong_statements(step.locks),
        *(f"{statement};" for statement in step.statements),
    ]
    if timed:
        locked = len(body) - len(step.statements)
        body.insert(locked, "locked := " + _NOW + ";")
        body.append(_remember())
    return do_block(
        body,
        ("began numeric := " + _NOW, "locked numeric") if timed else (),
        prefer_columns=timed,
    )


CHANGED = "ZDT01"
"""The SQLSTATE of a change that was made while a step waited for its locks."""


def _must_hold(condition: str) -> str:
    return (
        f"IF NOT coalesce(({condition}), false) THEN RAISE EXCEPTION USING ERRCODE ="
        f" '{CHANGED}', MESSAGE = 'the catalog has changed meanwhile'; END IF;"
    )


def _remember() -> str:
    parts = f"pg_catalog.concat_ws(' ', locked - began, {_NOW} - locked)"
    return qualified(f"PERFORM pg_catalog.set_config('{TIMING}', {parts}, false);")


def gate_statements(locks: Sequence[RelationLock]) -> list[str]:
    """Return statements that keep other schema changes out.

    SHARE UPDATE EXCLUSIVE lets reads and writes pass.  So the application waits
    neither while the step queues for it, nor during the checks that follow.
    """
    strong = [
        lock.lockable
        for lock in locks
        if lock.kind == "table" and lock.mode.stalls_application
    ]
    gate = LockMode.SHARE_UPDATE_EXCLUSIVE.value
    return [f"LOCK TABLE {', '.join(strong)} IN {gate} MODE;"] if strong else []


def strong_statements(locks: Sequence[RelationLock]) -> list[str]:
    """Return statements that take the locks of a step, in its order."""
    tables = [lock for lock in locks if lock.kind == "table"]
    return [
        f"LOCK TABLE {', '.join(same)} IN {mode.value} MODE;"
        for mode, same in _by_mode(tables)
    ]


def _by_mode(locks: Sequence[RelationLock]) -> list[tuple[LockMode, list[str]]]:
    grouped: list[tuple[LockMode, list[str]]] = []
    for lock in locks:
        if grouped and grouped[-1][0] is lock.mode:
            grouped[-1][1].append(lock.lockable)
        else:
            grouped.append((lock.mode, [lock.lockable]))
    return grouped


def do_block(
    body: Sequence[str],
    declarations: Sequence[str] = (),
    *,
    prefer_columns: bool = False,
) -> str:
    """Build an anonymous PL/pgSQL block of these lines.

    Args:
        body: its statements, each with its semicolon.
        declarations: its variables.
        prefer_columns: let a name that is both a column and a variable mean the column.
    """
    # Indent only the first line of each: the next may be inside a string constant.
    text = "\n".join(f"  {line}" for line in body)
    declared = "".join(f"  {line};\n" for line in declarations)
    head = f"DECLARE\n{declared}" if declared else ""
    if prefer_columns:
        head = f"#variable_conflict use_column\n{head}"
    tag = dollar_tag(text)
    return f"DO {tag}\n{head}BEGIN\n{text}\nEND\n{tag}"
