"""Later queries wait behind a statement that waits for its lock without a bound.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.around import Around
from alembic_zdt.checks.check import Check, Problem, Severity
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.held import held_before, stalled_by
from alembic_zdt.checks.recording.call import Call
from alembic_zdt.operations._base import ZdtOperation


def _look(call: Call, around: Around) -> Iterator[Problem]:
    if isinstance(call.operation, ZdtOperation) or around.oracle is None:
        return
    waiting = stalled_by(call, around) - held_before(call, around)
    tables = sorted((each for each in waiting if not around.is_small(each)), key=str)
    if not tables or not around.waits_forever():
        return
    for table in tables:
        words = f"the lock of {table.words} is waited for without a lock_timeout"
        yield Problem(words, table)


CHECK = Check(
    id="no-lock-timeout",
    severity=Severity.WARNING,
    reason="While it waits, for one long query or an idle transaction, every later "
    "query of the table waits behind it, also where the lock is held for a moment "
    "only. Our directives bound it, and try again; else write SET LOCAL lock_timeout "
    "= '200ms' before it.",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("age", sa.Integer()))',
    good='op.expand_add_column("users", sa.Column("age", sa.Integer()))',
    asks=True,
    elsewhere={"squawk": "require-timeout-settings", "eugene": "E9"},
)
