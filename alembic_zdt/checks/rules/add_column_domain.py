"""A new column whose domain has a CHECK rewrites the table, even if it is all NULL.

https://www.postgresql.org/docs/current/sql-createdomain.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic.operations import ops
from sqlalchemy.dialects.postgresql import DOMAIN

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS, USERS_REWRITTEN
from alembic_zdt.checks.schema_state import plain
from alembic_zdt.checks.sql.sql_types import OtherType
from alembic_zdt.findings import Severity
from alembic_zdt.names import QualifiedName
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.AddColumnOp):
        if _has_checks(op.column.type, context):
            table = table_of(op)
            words = f"{table.label} is rewritten because of the domain of column"
            yield Problem(f"{words} {op.column.name}", table)


def _has_checks(kind: Any, context: CheckContext) -> bool:
    if isinstance(kind, DOMAIN):
        return kind.check is not None or bool(kind.not_null)
    if not isinstance(kind, OtherType) or kind.tail:
        return False
    return plain(QualifiedName(kind.name, kind.schema)) in context.known.domains


CHECK = Check(
    id="add-column-domain",
    severity=Severity.ERROR,
    reason="PostgreSQL checks every row against the domain. So it rewrites the table "
    "and its indexes under ACCESS EXCLUSIVE, even if the CHECK of the domain is NOT "
    "VALID. Add a column of the domain's base type, and a NOT VALID CHECK of the "
    "table. VALIDATE then reads the table while reads and writes go on.",
    look=_look,
    setup=USERS,
    bad='op.execute("CREATE DOMAIN age AS int CHECK (VALUE > 0)")\n'
    'op.execute("ALTER TABLE users ADD COLUMN age age")',
    good='op.expand_add_column("users", sa.Column("age", sa.Integer()))\n'
    'op.create_check_constraint_two_phase("ck_users_age", "users", "age > 0")',
    claim=USERS_REWRITTEN,
    elsewhere={"squawk": "ban-create-domain-with-constraint"},
)
