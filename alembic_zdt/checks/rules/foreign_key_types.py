"""A foreign key between columns of two types works until a value does not fit.

https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.findings import Severity
from alembic_zdt.names import QualifiedName
from alembic_zdt.oracle import questions
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.CreateForeignKeyOp):
        table = table_of(op)
        other = QualifiedName(op.referent_table, op.kw.get("referent_schema"))
        own = context.ask(questions.types, table, op.local_cols)
        theirs = context.ask(questions.types, other, op.remote_cols)
        if own and theirs and own != theirs:
            words = f"{', '.join(own)} of {table.label} refers to {', '.join(theirs)}"
            yield Problem(f"{words} of {other.label}", table)


CHECK = Check(
    id="foreign-key-types",
    severity=Severity.WARNING,
    reason="The narrower column runs out of values first. An integer column that "
    "refers to a bigint column stops all writes of its table at 2,147,483,647. Each "
    "check of the foreign key also has to cast one of the values. First give both "
    "columns the same type, with op.expand_alter_column_type().",
    look=_look,
    setup="CREATE TABLE users (id bigint PRIMARY KEY);"
    " CREATE TABLE orders (id int PRIMARY KEY, buyer int, seller bigint);",
    bad='op.create_foreign_key("fk", "orders", "users", ["buyer"], ["id"])',
    good=(
        """\
# 1. Before the deploy.
op.expand_alter_column_type("orders", "buyer", sa.BigInteger())""",
        """\
# 2. Before the deploy, too.
op.migrate_alter_column_type("orders", "buyer", sa.BigInteger())""",
        """\
# 3. After every old process is gone.
op.contract_alter_column_type("orders", "buyer", sa.BigInteger())
op.create_foreign_key_two_phase("fk", "orders", "users", ["buyer"], ["id"])""",
    ),
    asks=True,
)
