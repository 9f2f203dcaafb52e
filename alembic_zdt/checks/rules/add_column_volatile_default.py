"""A new column with a volatile default rewrites the table.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops

from alembic_zdt.checks.actions import added_column
from alembic_zdt.checks.check_definition import Check, Claim, Problem
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.calls.sql_text import sql_text
from alembic_zdt.recording.call import Call

_CALL = re.compile(
    # A name begins at its first word only, so that a long text is read once.
    r"(?<!\w)(?<!\w\.)((?:[A-Za-z_]\w*+\.)*+[A-Za-z_]\w*+)\s*+\("
)
_CAST = re.compile(
    r"(?:::|\bAS\b)\s*+[A-Za-z_][\w. ]{0,130}+\([\d\s,]*+\)", re.IGNORECASE
)
_STRING = re.compile(r"'(?:[^']|'')*'")
# https://www.postgresql.org/docs/current/xfunc-volatility.html
_STABLE = {
    "array",
    "cast",
    "coalesce",
    "concat",
    "current_setting",
    "current_time",
    "current_timestamp",
    "date_trunc",
    "format",
    "interval",
    "json_build_array",
    "json_build_object",
    "jsonb_build_array",
    "jsonb_build_object",
    "localtime",
    "localtimestamp",
    "lower",
    "make_interval",
    "md5",
    "now",
    "statement_timestamp",
    "timezone",
    "to_char",
    "transaction_timestamp",
    "upper",
}


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.AddColumnOp):
        table, calls = table_of(op), _calls(op.column)
        called = [name for name in calls if name not in _STABLE]
        if calls and context.oracle:
            effect = context.effect(table, added_column(op))
            called = called if effect is None else calls * effect.rewrites
        if called:
            words = f"the default of {op.column.name} calls {called[0]}() for each row"
            yield Problem(f"{words} of {table.label}", table, instead_of(op, context))


def _calls(column: sa.Column[Any]) -> list[str]:
    """Return the functions that its default calls, in lower case, without a schema."""
    default = column.server_default
    if not isinstance(default, sa.DefaultClause):
        return []
    value = default.arg
    text = "" if isinstance(value, str) else sql_text(value)
    found = _CALL.findall(_CAST.sub("", _STRING.sub("''", text)))
    return [name.lower().rpartition(".")[2] for name in found]


CHECK = Check(
    id="add-column-volatile-default",
    severity=Severity.ERROR,
    reason="A default that may differ from row to row (gen_random_uuid(), random(), "
    "clock_timestamp(), nextval()) is computed for each row at once: the table and "
    "its indexes are rewritten under ACCESS EXCLUSIVE. Constants and now() as "
    "defaults need no rewrite.",
    look=_look,
    setup=USERS,
    bad='op.add_column("users", sa.Column("token", sa.Uuid(),'
    ' server_default=sa.text("gen_random_uuid()")))',
    good='op.expand_add_column("users", sa.Column("token", sa.Uuid(),'
    ' server_default=sa.text("gen_random_uuid()")))',
    claim=Claim(
        {"users": LockMode.ACCESS_EXCLUSIVE},
        rewrites=frozenset({"users"}),
    ),
    elsewhere={
        "squawk": "adding-field-with-default",
        "strong_migrations": "add_column_default",
        "eugene": "E10",
    },
)
