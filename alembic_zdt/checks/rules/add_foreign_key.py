"""A foreign key that is validated at once stops writes of both tables.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Claim
from alembic_zdt.checks.examples import ORDERS
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode

CHECK = Check(
    id="add-foreign-key",
    severity=Severity.ERROR,
    reason="ADD FOREIGN KEY takes SHARE ROW EXCLUSIVE on both tables and reads both: "
    "writes of either wait until all rows are read. Add the foreign key as NOT VALID "
    "first. VALIDATE then reads the tables while writes go on.",
    look=reporting(
        ops.CreateForeignKeyOp,
        lambda op, table: (
            f"the foreign key to {op.referent_table} reads all of {table}"
        ),
        when=lambda op: not op.kw.get("postgresql_not_valid"),
        suggestion=instead_of,
    ),
    setup=ORDERS,
    bad='op.create_foreign_key("fk_orders_buyer", "orders", "users", '
    '["buyer"], ["id"])',
    good='op.create_foreign_key_two_phase("fk_orders_buyer", "orders", '
    '"users", ["buyer"], ["id"])',
    claim=Claim(
        {"orders": LockMode.SHARE_ROW_EXCLUSIVE, "users": LockMode.SHARE_ROW_EXCLUSIVE},
        scans=frozenset({"orders", "users"}),
    ),
    elsewhere={
        "squawk": "adding-foreign-key-constraint",
        "strong_migrations": "add_foreign_key",
        "eugene": "E1",
    },
)
