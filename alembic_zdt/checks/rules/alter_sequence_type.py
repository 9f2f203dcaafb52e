"""A change of a sequence's type blocks nextval().

https://www.postgresql.org/docs/current/sql-altersequence.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import AlterSequenceType
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:  # noqa: ARG001
    for act in call.acts:
        if isinstance(act, AlterSequenceType):
            words = f"{act.name.words} gives no number until the transaction ends"
            yield Problem(words)


CHECK = Check(
    id="alter-sequence-type",
    severity=Severity.ADVICE,
    reason="ALTER SEQUENCE ... AS takes SHARE ROW EXCLUSIVE on the sequence to the end "
    "of the transaction: nextval() waits, and with it each INSERT that takes a number. "
    "Alone in a revision that is a moment; the rows of the column keep their type.",
    look=_look,
    setup=USERS + " CREATE SEQUENCE numbers AS int;",
    bad='op.execute("ALTER SEQUENCE numbers AS bigint")',
    good="""\
# Alone in its revision.
op.execute("SET LOCAL lock_timeout = '200ms'")
with op.safety_assured("alone in its revision"):
    op.execute("ALTER SEQUENCE numbers AS bigint")""",
    claim=Claim({}),
)
