"""A revision was edited after it was applied, so the database lacks the change.

https://alembic.sqlalchemy.org/en/latest/tutorial.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.looks import reporting_all
from alembic_zdt.checks.revision_file import RevisionFile
from alembic_zdt.findings import Severity

CHECK = Check(
    id="edited-revision",
    severity=Severity.ERROR,
    reason="This database has the changes of the old file. A new database gets the "
    'changes of the edited file. "lint --database URL" compares the files with the '
    "log of revisions; an edit of comments or of the downgrade is not reported. Undo "
    "the edit, and write a new revision.",
    look=reporting_all(
        RevisionFile,
        lambda act: f"{act.revision} was applied, and edited afterwards",
        when=lambda act: act.is_edited,
    ),
    setup="",
    bad="# applied, then changed\n"
    "op.add_column('users', sa.Column('age', sa.Integer()))",
    good="# a revision of its own\n"
    "op.expand_add_column('users', sa.Column('age', sa.Integer()))",
)
