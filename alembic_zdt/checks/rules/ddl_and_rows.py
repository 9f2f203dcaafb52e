"""A schema change holds its lock longer if rows are changed after it.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import USERS, USERS_READ
from alembic_zdt.checks.held_locks import held_before
from alembic_zdt.checks.sql.effects import ChangeRows
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if not isinstance(act, ChangeRows) or _has_few_rows(act, context):
            continue
        held = held_before(call, context)
        if held:
            locked = ", ".join(sorted(table.label for table in held))
            words = (
                f"{act.description} of {act.table.label} runs while {locked} is locked"
            )
            yield Problem(words, act.table)


def _has_few_rows(act: ChangeRows, context: CheckContext) -> bool:
    """Check whether the table is new, and the rows do not come from a query."""
    return context.is_new(act.table) and act.description != "INSERT ... SELECT"


CHECK = Check(
    id="ddl-and-rows",
    severity=Severity.ERROR,
    reason="The lock of a schema change, mostly ACCESS EXCLUSIVE, is held until the "
    "transaction ends: reads and writes wait until all rows are changed. A session "
    "that has locked one of these rows and then uses the table causes a deadlock. "
    "Change the rows in another revision, or with op.backfill().",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("age", sa.Integer()))\n'
    'op.execute("UPDATE users SET age = 0")',
    good='op.expand_add_column("users", sa.Column("age", sa.Integer()))\n'
    'op.backfill("users", {"age": "0"}, where="age IS NULL")',
    claim=USERS_READ,
    elsewhere={"eugene": "E4"},
)
