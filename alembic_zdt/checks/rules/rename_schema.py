"""Running code does not find the tables of a schema under its new name.

https://www.postgresql.org/docs/current/sql-alterschema.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.sql.effects import RenameSchema
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:  # noqa: ARG001
    for act in call.acts:
        if isinstance(act, RenameSchema):
            yield Problem(f"the schema {act.name} gets another name at once")


CHECK = Check(
    id="rename-schema",
    severity=Severity.ERROR,
    reason="Code that names the schema, or has it in search_path, finds none of its "
    "tables from that moment on, although no lock is waited for. Create the new schema "
    "with views of the tables in it, and drop the old one when no code uses its name.",
    look=_look,
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
