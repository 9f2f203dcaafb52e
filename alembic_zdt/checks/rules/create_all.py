"""create_all() in a revision makes the models of today, not those of its time.

https://docs.sqlalchemy.org/en/20/core/metadata.html#sqlalchemy.schema.MetaData.create_all
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Problem, Severity
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.recording.call import Call, CreateAll


def _look(call: Call, _around: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if isinstance(act, CreateAll):
            yield Problem(f"{act.words}() depends on what the models are when it runs")


CHECK = Check(
    id="create-all",
    severity=Severity.WARNING,
    reason="On a new database it creates the tables with all that later revisions "
    "add, so these fail; on an old one it creates what no revision names. Write the "
    "tables with op.create_table().",
    look=_look,
    setup="",
    bad="""\
metadata = sa.MetaData()
sa.Table("orders", metadata, sa.Column("id", sa.Integer(), primary_key=True))
metadata.create_all(op.get_bind())""",
    good='op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))',
)
