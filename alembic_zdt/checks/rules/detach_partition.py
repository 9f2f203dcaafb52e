"""DETACH PARTITION without CONCURRENTLY locks the whole table.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check, Claim
from alembic_zdt.checks.examples import PARTITIONED
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.sql.effects import DetachPartition
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode

CHECK = Check(
    id="detach-partition",
    severity=Severity.ERROR,
    reason="DETACH PARTITION takes ACCESS EXCLUSIVE on the parent and the partition: "
    "every query of the whole table waits behind it. DETACH PARTITION ... "
    "CONCURRENTLY takes SHARE UPDATE EXCLUSIVE on the parent. It needs an autocommit "
    "block, and fails if the table has a default partition.",
    look=reporting(
        DetachPartition,
        lambda act, table: f"{act.description} makes queries of {table} wait",
    ),
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
