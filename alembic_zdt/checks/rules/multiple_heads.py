"""With several heads, "alembic upgrade head" fails.

https://alembic.sqlalchemy.org/en/latest/branches.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.looks import reporting_all
from alembic_zdt.checks.revision_file import RevisionFile
from alembic_zdt.findings import Severity

CHECK = Check(
    id="multiple-heads",
    severity=Severity.ERROR,
    reason='"alembic upgrade head" fails when two revisions have the same '
    "down_revision, as after a merge of two branches of the code. Make one of the two "
    "revisions the down_revision of the other, or run alembic merge heads. Heads with "
    "a branch label are intended, and not reported.",
    look=reporting_all(
        RevisionFile,
        lambda act: f"{act.revision} is one of several heads",
        when=lambda act: act.is_one_of_several_heads,
    ),
    setup="",
    bad="# two files with the same\ndown_revision = '4f1c2d7a9b3e'",
    good="# the second one comes after the first\ndown_revision = '8a2b6c1d0e9f'",
)
