"""An autocommit block commits what the revision has done before it.

https://alembic.sqlalchemy.org/en/latest/api/runtime.html#alembic.runtime.migration.MigrationContext.autocommit_block
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.repeatable import changes, may_run_again
from alembic_zdt.checks.sql.effects import ControlTransaction
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import AUTOCOMMIT, Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    other_kind = [one for one in context.earlier if _is_alone(one) != _is_alone(call)]
    if not changes(call) or not any(map(changes, other_kind)):
        return
    before = [other for other in context.earlier if changes(other)]
    if not _is_said_already(before) and not all(map(may_run_again, before)):
        yield Problem(
            "the autocommit block is committed apart from the rest of the revision"
        )


def _is_said_already(calls: list[Call]) -> bool:
    """Check whether another finding covers the block, or SQL ends transactions."""
    acts = [act for call in calls for act in call.acts]
    is_controlled = any(isinstance(act, ControlTransaction) for act in acts)
    return is_controlled or len({_is_alone(call) for call in calls}) > 1


def _is_alone(call: Call) -> bool:
    return call.transaction == AUTOCOMMIT


CHECK = Check(
    id="autocommit-block-mixed",
    severity=Severity.WARNING,
    reason="The block commits the statements before it and each statement in it, but "
    "the version is written at the end of the revision. If a statement in between "
    "fails, the revision is half done. The next run then fails at the first statement "
    "of the revision, which is done already. Put the block into its own revision. "
    "Directives leave the transaction by themselves, and skip what is done already.",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("age", sa.Integer()))\n'
    "with op.get_context().autocommit_block():\n"
    '    op.create_index("ix_users_age", "users", ["age"], '
    "postgresql_concurrently=True)",
    good='op.expand_add_column("users", sa.Column("age", sa.Integer()))\n'
    'op.create_index_concurrently("ix_users_age", "users", ["age"])',
)
