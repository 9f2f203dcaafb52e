"""DETACH PARTITION without CONCURRENTLY locks the whole table.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import PARTITIONED
from alembic_zdt.checks.sql.effects import DetachPartition
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, DetachPartition):
        words = f"{act.words} locks all of {act.table.words}"
        yield Problem(words, act.table)


CHECK = Check(
    id="detach-partition",
    severity=Severity.ERROR,
    reason="DETACH PARTITION takes ACCESS EXCLUSIVE on the parent and the "
    "partition: every query of the whole table waits behind it. "
    "CONCURRENTLY takes SHARE UPDATE EXCLUSIVE; it needs an autocommit "
    "block, and no default partition.",
    look=_look,
    setup=PARTITIONED,
    bad='op.execute("ALTER TABLE events DETACH PARTITION events_1")',
    good="with op.get_context().autocommit_block():\n"
    '    op.execute("ALTER TABLE events DETACH PARTITION events_1 '
    'CONCURRENTLY")',
    claim=Claim(
        {"events": LockMode.ACCESS_EXCLUSIVE, "events_1": LockMode.ACCESS_EXCLUSIVE}
    ),
    elsewhere={"squawk": "require-concurrent-partition-detach"},
)
