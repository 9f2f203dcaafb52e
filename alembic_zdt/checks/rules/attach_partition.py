"""A table that becomes a partition is read, unless a CHECK proves that it fits.

https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check_definition import Check, Claim, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import LEAF
from alembic_zdt.checks.sql.effects import AttachPartition
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if not isinstance(act, AttachPartition):
            continue
        child = act.child
        if not context.is_new(child) and not context.has_check(child):
            words = f"{act.description} reads all of {child.label}"
            yield Problem(words, child)


CHECK = Check(
    id="attach-partition",
    severity=Severity.WARNING,
    reason="ATTACH PARTITION takes ACCESS EXCLUSIVE on the table that becomes a "
    "partition, and on a default partition, and reads both. On the parent it takes "
    "only SHARE UPDATE EXCLUSIVE. PostgreSQL reads no rows of the table if a valid "
    "CHECK proves that all rows fit, and that the columns of the partition key are "
    "NOT NULL. Add such a CHECK as NOT VALID, VALIDATE it, then ATTACH. Give a "
    "default partition a CHECK that excludes the new range.",
    look=_look,
    setup=LEAF,
    bad='op.execute("ALTER TABLE events ATTACH PARTITION events_2 FOR VALUES '
    'FROM (100) TO (200)")',
    good='op.create_check_constraint_two_phase("ck_events_2_n", "events_2", '
    '"n IS NOT NULL AND n >= 100 AND n < 200")\n'
    'op.execute("ALTER TABLE events ATTACH PARTITION events_2 FOR VALUES '
    'FROM (100) TO (200)")',
    claim=Claim(
        {
            "events": LockMode.SHARE_UPDATE_EXCLUSIVE,
            "events_2": LockMode.ACCESS_EXCLUSIVE,
        },
        scans=frozenset({"events_2"}),
    ),
)
