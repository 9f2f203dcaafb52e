"""CREATE TABLE ... PARTITION OF locks the whole partitioned table.

https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check, Claim
from alembic_zdt.checks.examples import PARTITIONED
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.sql.effects import CreatePartition
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode

CHECK = Check(
    id="create-partition",
    severity=Severity.ERROR,
    reason="CREATE TABLE ... PARTITION OF takes ACCESS EXCLUSIVE on the parent, and "
    "reads its default partition: every query of the whole table waits. Create the "
    "new table alone, and add a CHECK of its bounds. Then ATTACH it, which takes only "
    "SHARE UPDATE EXCLUSIVE on the parent.",
    look=reporting(
        CreatePartition,
        lambda _act, table: f"a new partition of {table} locks the whole table",
    ),
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
