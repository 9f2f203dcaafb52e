"""A change of a column's type rewrites the table and its indexes, with few exceptions.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops

from alembic_zdt.checks.actions import type_change
from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.suggestions import instead_of
from alembic_zdt.locks import LockMode
from alembic_zdt.oracle import objects
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.AlterColumnOp):
        table = table_of(op)
        if op.modify_type is None or _is_free(op, context):
            continue
        words = f"the type of {op.column_name} changes while {table.words} is locked"
        yield Problem(words, table, instead_of(op))


def _is_free(op: ops.AlterColumnOp, context: CheckContext) -> bool:
    """Check whether only the catalog changes, by a database if there is one."""
    table = table_of(op)
    effect = context.effect(table, type_change(op)) if context.oracle else None
    if effect is None:
        return _seems_free(op)
    return effect.is_short and not context.ask(
        objects.is_in_foreign_key, table, op.column_name
    )


def _seems_free(op: ops.AlterColumnOp) -> bool:
    """Check the same by the call alone, which shows no CHECK on the column."""
    if op.kw.get("postgresql_using"):
        return False
    old, new = _instance(op.existing_type), _instance(op.modify_type)
    if _is_text(new):
        return isinstance(old, sa.String) and not isinstance(old, sa.CHAR | sa.Enum)
    if isinstance(old, sa.VARCHAR | sa.String) and type(new) in {sa.String, sa.VARCHAR}:
        return bool(old.length and new.length and new.length >= old.length)
    if isinstance(old, sa.Numeric) and isinstance(new, sa.Numeric):
        return _is_wider(old, new)
    return False


def _is_text(kind: Any) -> bool:
    """Check whether the type is TEXT, or VARCHAR without a length."""
    if isinstance(kind, sa.Enum | sa.CHAR):
        return False
    return isinstance(kind, sa.Text) or (
        isinstance(kind, sa.String) and kind.length is None
    )


def _is_wider(old: sa.Numeric[Any], new: sa.Numeric[Any]) -> bool:
    if isinstance(old, sa.Float) or isinstance(new, sa.Float):
        return False
    if new.precision is None:
        return True
    return (
        old.precision is not None
        and old.precision <= new.precision
        and old.scale == new.scale
    )


def _instance(kind: Any) -> Any:
    return kind() if isinstance(kind, type) else kind


CHECK = Check(
    id="alter-column-type",
    severity=Severity.ERROR,
    reason="ALTER COLUMN ... TYPE rewrites the table and its indexes under ACCESS "
    "EXCLUSIVE: reads and writes wait until it is through. A longer varchar, text, and "
    "a numeric with more digits are free; existing_type= tells us.",
    look=_look,
    setup=USERS,
    bad='op.alter_column("users", "id", type_=sa.BigInteger())',
    good=(
        """\
# 1. Before the deploy.
op.expand_alter_column_type("users", "id", sa.BigInteger())""",
        """\
# 2. Before the deploy.
op.migrate_alter_column_type("users", "id", sa.BigInteger())""",
        """\
# 3. After every old process is gone.
op.contract_alter_column_type("users", "id", sa.BigInteger())""",
    ),
    claim=Claim(
        {"users": LockMode.ACCESS_EXCLUSIVE},
        rewrites=frozenset({"users"}),
    ),
    elsewhere={
        "squawk": "changing-column-type",
        "strong_migrations": "change_column",
        "eugene": "E5",
    },
)
