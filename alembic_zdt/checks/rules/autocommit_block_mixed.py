"""An autocommit block commits what the revision has done before it.

https://alembic.sqlalchemy.org/en/latest/api/runtime.html#alembic.runtime.migration.MigrationContext.autocommit_block
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from alembic_zdt.checks.around import Around
from alembic_zdt.checks.check import Check, Problem, Severity
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.recording.call import AUTOCOMMIT, Call, CreateAll
from alembic_zdt.checks.sql.acts import ControlTransaction, NoHarm, SetTimeout
from alembic_zdt.checks.whole import WholeRevision
from alembic_zdt.operations._base import ZdtOperation
from alembic_zdt.operations.constraint import ValidateConstraintOp

# What is left of a pair whose VALIDATE failed is a constraint that is NOT VALID.
_CHANGE_NOTHING = (CreateAll, SetTimeout, ValidateConstraintOp, WholeRevision)
_MAY_RUN_AGAIN = re.compile(
    r"""
    \bIF\s+(?:NOT\s+)?EXISTS\b | \bOR\s+REPLACE\b | \bON\s+CONFLICT\b
    | \bVALIDATE\s+CONSTRAINT\b | \A\s*(?:COMMENT|GRANT|REVOKE)\b
    | \bALTER\s+COLUMN\s+\S+\s+(?:SET|DROP)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def _look(call: Call, around: Around) -> Iterator[Problem]:
    other_kind = [one for one in around.earlier if _is_alone(one) != _is_alone(call)]
    if not _changes(call) or not any(map(_changes, other_kind)):
        return
    before = [other for other in around.earlier if _changes(other)]
    if not _is_said_already(before) and not all(map(_may_run_again, before)):
        yield Problem(
            "the autocommit block is committed apart from the rest of the revision"
        )


def _is_said_already(calls: list[Call]) -> bool:
    """Or somebody controls the transactions, of which another check tells."""
    acts = [act for call in calls for act in call.acts]
    is_controlled = any(isinstance(act, ControlTransaction) for act in acts)
    return is_controlled or len({_is_alone(call) for call in calls}) > 1


def _is_alone(call: Call) -> bool:
    return call.transaction == AUTOCOMMIT


def _changes(call: Call) -> bool:
    """Whether it leaves something behind; our directives can be run again."""
    if isinstance(call.operation, ZdtOperation):
        return False
    return not all(
        isinstance(act, _CHANGE_NOTHING)
        or (isinstance(act, NoHarm) and not act.is_change)
        for act in call.acts
    )


def _may_run_again(call: Call) -> bool:
    if not call.statements:  # they are not sent yet
        return bool(getattr(call.operation, "if_not_exists", None))
    return all(_MAY_RUN_AGAIN.search(text) for text in call.statements)


CHECK = Check(
    id="autocommit-block-mixed",
    severity=Severity.WARNING,
    reason="The block commits what stands before it, and each statement in it by "
    "itself, but the revision is stamped at its end. When something fails on the way, "
    "the revision is half done, and run again it fails at its first statement. Write "
    "the block as a revision of its own; our directives leave the transaction, too, "
    "and skip what is done already.",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("age", sa.Integer()))\n'
    "with op.get_context().autocommit_block():\n"
    '    op.create_index("ix_users_age", "users", ["age"], '
    "postgresql_concurrently=True)",
    good='op.expand_add_column("users", sa.Column("age", sa.Integer()))\n'
    'op.create_index_concurrently("ix_users_age", "users", ["age"])',
)
