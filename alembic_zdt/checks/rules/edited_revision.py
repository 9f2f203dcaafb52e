"""A revision was edited after it was applied, so the database lacks the change.

https://alembic.sqlalchemy.org/en/latest/tutorial.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Problem, Severity
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.revision_file import RevisionFile
from alembic_zdt.recording.call import Call


def _look(call: Call, _around: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if isinstance(act, RevisionFile) and act.is_edited:
            yield Problem(f"{act.revision} was applied, and edited afterwards")


CHECK = Check(
    id="edited-revision",
    severity=Severity.ERROR,
    reason="This database has what the file contained when it was applied, a new one "
    "gets what it contains now. The log of revisions tells (lint --database URL); "
    "comments and the downgrade do not count. Undo the edit, and write a new "
    "revision.",
    look=_look,
    setup="",
    bad="# applied, then changed\n"
    "op.add_column('users', sa.Column('age', sa.Integer()))",
    good="# a revision of its own\n"
    "op.expand_add_column('users', sa.Column('age', sa.Integer()))",
)
