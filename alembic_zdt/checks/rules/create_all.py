"""create_all() makes the tables of the current models, not of the revision's time.

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
    reason="create_all() creates the tables of today's models. On a new database "
    "these include what later revisions add, so the later revisions fail. On an older "
    "database create_all() creates objects that no revision names. Write the tables "
    "with op.create_table().",
    look=reporting_all(
        CreateAll,
        lambda act: f"{act.description}() creates what the models have when it runs",
    ),
    setup="",
    bad="""\
metadata = sa.MetaData()
sa.Table("orders", metadata, sa.Column("id", sa.Integer(), primary_key=True))
metadata.create_all(op.get_bind())""",
    good='op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))',
)
