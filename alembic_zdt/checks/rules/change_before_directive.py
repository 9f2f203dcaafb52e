"""A directive commits what the revision has done before it.

https://www.postgresql.org/docs/current/sql-commit.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, called, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.index_definitions import definition
from alembic_zdt.checks.repeatable import changes, may_run_again
from alembic_zdt.findings import Severity
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.indexes.index_ddl import IndexSpec
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
            is_told = True  # reported at that directive
        elif not is_told and changes(earlier) and not may_run_again(earlier):
            words = f"{call.operation.directive}() commits what line {earlier.line}"
            yield Problem(f"{words} has done, before the revision is stamped")
            return
        elif not is_told:
            yield from _skipped(earlier, context)


def _skipped(call: Call, context: CheckContext) -> Iterator[Problem]:
    """Find an index that the server skips because another index has its name."""
    for op in call.acts:
        if isinstance(op, ops.CreateIndexOp) and op.if_not_exists:
            made = definition(IndexSpec.from_stock(op))
            there = context.known.skipped.get(made)
            if there is not None:
                yield Problem(
                    f"line {call.line} skips {called(op.index_name)}, which exists "
                    f"with another definition ({there}): the upgrade will fail",
                    table_of(op),
                )


CHECK = Check(
    id="change-before-directive",
    severity=Severity.ERROR,
    reason="A directive commits each of its steps. The first commit also commits all "
    "earlier statements of the revision. The version is written at the end of the "
    "revision. If the directive is stopped, the same command runs the change a second "
    "time: rows are inserted twice, or the revision fails at a table that exists. Put "
    "the change into its own revision, or after the directive, or write it so that it "
    "can be run again (IF NOT EXISTS, ON CONFLICT).",
    look=_look,
    setup=USERS,
    bad="op.execute(\"INSERT INTO users VALUES (101, 'root@example.com')\")\n"
    'op.create_index_concurrently("ix_users_email", "users", ["email"])',
    good='op.create_index_concurrently("ix_users_email", "users", ["email"])\n'
    "op.execute(\"INSERT INTO users VALUES (101, 'root@example.com')\")",
)
