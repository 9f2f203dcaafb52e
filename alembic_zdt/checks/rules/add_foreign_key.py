"""A foreign key that is validated at once stops writes of both tables.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import ORDERS
from alembic_zdt.checks.suggestions import instead_of
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.CreateForeignKeyOp):
        if not op.kw.get("postgresql_not_valid"):
            table = table_of(op)
            words = f"the foreign key to {op.referent_table} reads all of {table.words}"
            yield Problem(words, table, instead_of(op))


CHECK = Check(
    id="add-foreign-key",
    severity=Severity.ERROR,
    reason="ADD FOREIGN KEY takes SHARE ROW EXCLUSIVE on both tables and reads both:"
    " writes of either wait until it is through. NOT VALID, then VALIDATE, "
    "lets them go on.",
    look=_look,
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
        "eugene": "E4",
    },
)
