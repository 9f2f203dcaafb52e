"""CREATE TABLE ... PARTITION OF locks the whole partitioned table.

https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import PARTITIONED
from alembic_zdt.checks.sql.effects import CreatePartition
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, CreatePartition):
        words = f"a new partition of {act.table.words} locks all of it"
        yield Problem(words, act.table)


CHECK = Check(
    id="create-partition",
    severity=Severity.ERROR,
    reason="CREATE TABLE ... PARTITION OF takes ACCESS EXCLUSIVE on the parent, "
    "and reads its default partition: every query of the whole table waits."
    " Create the table alone, add a CHECK of its bounds, and ATTACH it, "
    "which takes SHARE UPDATE EXCLUSIVE.",
    look=_look,
    setup=PARTITIONED,
    bad='op.execute("CREATE TABLE events_2 PARTITION OF events FOR VALUES '
    'FROM (100) TO (200)")',
    good="""\
op.execute(
    "CREATE TABLE events_2 (LIKE events INCLUDING ALL,"
    " CHECK (n IS NOT NULL AND n >= 100 AND n < 200))"
)
op.execute(
    "ALTER TABLE events ATTACH PARTITION events_2 FOR VALUES FROM (100) TO (200)"
)""",
    claim=Claim({"events": LockMode.ACCESS_EXCLUSIVE}),
)
