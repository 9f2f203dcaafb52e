"""A change of a sequence's type blocks nextval().

https://www.postgresql.org/docs/current/sql-altersequence.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check, Claim
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.looks import reporting_all
from alembic_zdt.checks.sql.effects import AlterSequenceType
from alembic_zdt.findings import Severity

CHECK = Check(
    id="alter-sequence-type",
    severity=Severity.NOTE,
    reason="ALTER SEQUENCE ... AS takes SHARE ROW EXCLUSIVE on the sequence until the "
    "transaction ends. Meanwhile nextval() waits, and so does each INSERT that takes "
    "a number. Give the statement a revision of its own, so that the transaction ends "
    "at once. The type of the column does not change with the sequence.",
    look=reporting_all(
        AlterSequenceType,
        lambda act: f"nextval() of {act.name.label} waits until the transaction ends",
    ),
    setup=USERS + " CREATE SEQUENCE numbers AS int;",
    bad='op.execute("ALTER SEQUENCE numbers AS bigint")',
    good="""\
# Alone in its revision.
op.execute("SET LOCAL lock_timeout = '200ms'")
with op.safety_assured("alone in its revision"):
    op.execute("ALTER SEQUENCE numbers AS bigint")""",
    claim=Claim({}),
)
