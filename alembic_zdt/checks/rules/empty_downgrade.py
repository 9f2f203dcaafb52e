"""An empty downgrade succeeds, but leaves the change in the database.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#downgrading
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.revision_file import RevisionFile, does_nothing
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import Call


def _look(call: Call, _around: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if not isinstance(act, RevisionFile) or act.leaves_nothing or act.calls_back:
            continue
        up, down = act.function("upgrade"), act.function("downgrade")
        if up and not does_nothing(up) and down and does_nothing(down):
            words = f"downgrade() of {act.revision} undoes nothing"
            yield Problem(words, line=down.lineno)


CHECK = Check(
    id="empty-downgrade",
    severity=Severity.WARNING,
    reason="alembic downgrade reports success and sets the version back, while the "
    "change is still in the database. The next upgrade fails, because the change "
    "exists already. Undo the change in downgrade(), or write "
    'op.irreversible("reason"), which stops the downgrade. A revision that only '
    "changes rows, validates constraints or adds enum values may have an empty "
    "downgrade(), because these changes may stay.",
    look=_look,
    setup="",
    bad="""\
def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    pass""",
    good="""\
def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.irreversible("the orders would be gone")""",
)
