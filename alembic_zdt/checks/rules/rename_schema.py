"""Running code does not find the tables of a schema under its new name.

https://www.postgresql.org/docs/current/sql-alterschema.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check, Claim
from alembic_zdt.checks.looks import reporting_all
from alembic_zdt.checks.sql.effects import RenameSchema
from alembic_zdt.findings import Severity

CHECK = Check(
    id="rename-schema",
    severity=Severity.ERROR,
    reason="Code that names the schema, or has it in search_path, finds none of its "
    "tables after the rename. This happens although the statement locks no table. "
    "Create the new schema with views of the tables. When no code uses the old name "
    "any more, move the tables into the new schema.",
    look=reporting_all(
        RenameSchema, lambda act: f"the schema {act.name} is renamed in one step"
    ),
    setup="DROP SCHEMA IF EXISTS shop CASCADE; DROP SCHEMA IF EXISTS market CASCADE;"
    " CREATE SCHEMA shop; CREATE TABLE shop.orders (id int PRIMARY KEY);",
    bad='op.execute("ALTER SCHEMA shop RENAME TO market")',
    good="""\
# Code uses either name until every old process is gone.
op.execute("CREATE SCHEMA market")
op.execute("CREATE VIEW market.orders AS SELECT * FROM shop.orders")""",
    claim=Claim({}),
    elsewhere={"strong_migrations": "rename_schema"},
    breaks_code=True,
)
