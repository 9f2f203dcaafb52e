"""A primary key from an index reads the table if one of its columns may be NULL.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import USERS_READ, WITHOUT_KEY
from alembic_zdt.checks.sql.effects import AddKeyUsingIndex
from alembic_zdt.checks.suggestions.safe_calls import instead_of, ready
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, AddKeyUsingIndex):
        included = context.included_in_index(act.table, act.index)
        columns = [
            each
            for each in context.columns_of_index(act.table, act.index)
            if each not in included
        ]
        if columns and all(context.has_no_null(act.table, each) for each in columns):
            continue
        words = f"the primary key {act.name} reads all of {act.table.label}"
        key = ops.CreatePrimaryKeyOp(
            *(act.name, act.table.name, columns),
            schema=act.table.schema,
            postgresql_include=included,
        )
        safe = ready(act, instead_of(key, context) if columns else "")
        yield Problem(words, act.table, safe)


CHECK = Check(
    id="add-primary-key-using-index",
    severity=Severity.ERROR,
    reason="ADD PRIMARY KEY USING INDEX makes the columns of the index NOT NULL. If "
    "they allow NULL, and no valid CHECK proves that they have none, PostgreSQL reads "
    "the table under ACCESS EXCLUSIVE: reads and writes wait. "
    "op.create_primary_key_concurrently() first makes the columns NOT NULL in two "
    "phases.",
    look=_look,
    setup=WITHOUT_KEY + " CREATE UNIQUE INDEX ix_users_id ON users (id);",
    bad='op.execute("ALTER TABLE users ADD CONSTRAINT pk_users '
    'PRIMARY KEY USING INDEX ix_users_id")',
    good="""\
op.create_primary_key_concurrently("pk_users", "users", ["id"])
op.drop_index_concurrently("ix_users_id", "users")""",
    claim=USERS_READ,
    elsewhere={"eugene": "W14"},
)
