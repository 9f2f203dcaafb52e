"""With several heads, "alembic upgrade head" fails.

https://alembic.sqlalchemy.org/en/latest/branches.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Problem, Severity
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.revision_file import RevisionFile
from alembic_zdt.recording.call import Call


def _look(call: Call, _around: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if isinstance(act, RevisionFile) and act.is_one_of_several_heads:
            yield Problem(f"{act.revision} is one of several heads")


CHECK = Check(
    id="multiple-heads",
    severity=Severity.ERROR,
    reason='"alembic upgrade head" fails when two revisions have the same '
    "down_revision, as after a merge of two branches of the code. Let one name the "
    "other as its down_revision, or run alembic merge heads. Branches that are meant "
    "have labels.",
    look=_look,
    setup="",
    bad="# two files with the same\ndown_revision = '4f1c2d7a9b3e'",
    good="# the second one comes after the first\ndown_revision = '8a2b6c1d0e9f'",
)
