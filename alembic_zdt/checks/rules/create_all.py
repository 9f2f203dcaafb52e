"""create_all() in a revision makes the models of today, not those of its time.

https://docs.sqlalchemy.org/en/20/core/metadata.html#sqlalchemy.schema.MetaData.create_all
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.looks import reporting_all
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import CreateAll

CHECK = Check(
    id="create-all",
    severity=Severity.WARNING,
    reason="On a new database it creates the tables with everything that later "
    "revisions add, so these fail. On an old one it creates objects that no revision "
    "names. Write the tables with op.create_table().",
    look=reporting_all(
        CreateAll,
        lambda act: f"{act.description}() depends on what the models are when it runs",
    ),
    setup="",
    bad="""\
metadata = sa.MetaData()
sa.Table("orders", metadata, sa.Column("id", sa.Integer(), primary_key=True))
metadata.create_all(op.get_bind())""",
    good='op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))',
)
