"""A directive commits what the revision has done before it.

https://www.postgresql.org/docs/current/sql-commit.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Problem, Severity
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.repeatable import changes, may_run_again
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    if not isinstance(call.operation, ZdtOperation):
        return
    of_revision = [
        each for each in context.earlier if each.file == call.file and not each.assured
    ]
    is_told = False
    for earlier in reversed(of_revision):
        if isinstance(earlier.operation, ZdtOperation):
            is_told = True  # by that one
        elif not is_told and changes(earlier) and not may_run_again(earlier):
            words = f"{call.operation.directive}() commits what line {earlier.line}"
            yield Problem(f"{words} has done, before the revision is stamped")
            return


CHECK = Check(
    id="change-before-directive",
    severity=Severity.ERROR,
    reason="A directive commits each of its steps, and with the first one what stands "
    "before it in the revision, which is stamped at its end. When the directive is "
    "stopped, the same command runs the change a second time: rows are inserted twice, "
    "or the revision fails at a table that is there. Write the change as a revision of "
    "its own, behind the directive, or in a form that can be run again (IF NOT EXISTS, "
    "ON CONFLICT).",
    look=_look,
    setup=USERS,
    bad="op.execute(\"INSERT INTO users VALUES (101, 'root@example.com')\")\n"
    'op.create_index_concurrently("ix_users_email", "users", ["email"])',
    good='op.create_index_concurrently("ix_users_email", "users", ["email"])\n'
    "op.execute(\"INSERT INTO users VALUES (101, 'root@example.com')\")",
)
