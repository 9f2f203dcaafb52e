"""Queries wait behind a statement that waits for its lock without a bound.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.held_locks import held_before, stalled_by
from alembic_zdt.findings import Severity
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    if isinstance(call.operation, ZdtOperation) or context.oracle is None:
        return
    waiting = stalled_by(call, context) - held_before(call, context)
    tables = sorted((each for each in waiting if not context.is_small(each)), key=str)
    if not tables or not context.waits_forever():
        return
    for table in tables:
        words = f"no lock_timeout limits the wait for the lock of {table.label}"
        yield Problem(words, table)


CHECK = Check(
    id="no-lock-timeout",
    severity=Severity.WARNING,
    reason="While the statement waits for one long query or an idle transaction, "
    "every later query of the table waits behind it. This happens even if the "
    "statement needs the lock only for a moment. Directives bound the wait, and try "
    "again. If you use no directive, write SET LOCAL lock_timeout = '200ms' before "
    "the statement.",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("age", sa.Integer()))',
    good='op.expand_add_column("users", sa.Column("age", sa.Integer()))',
    asks=True,
    elsewhere={"squawk": "require-timeout-settings", "eugene": "E9"},
)
