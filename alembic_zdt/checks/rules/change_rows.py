"""Rows that are changed in a revision are locked until the revision ends.

https://www.postgresql.org/docs/current/sql-update.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from alembic_zdt.checks.check_definition import Check, Claim, Problem
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import ChangeRows
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.columns.column_types import spelled_kind
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, ChangeRows):
        words = f"{act.description} of {act.table.label} runs in a single transaction"
        rows = context.changed_rows(act.table, call.statements)
        if rows is None:
            yield Problem(words, act.table, _in_batches(act, context))
        elif rows > _MANY:
            many = f"{words}, for about {rows:,} rows"
            safe = _in_batches(act, context)
            yield Problem(many, act.table, safe, severity=Severity.ERROR)


def _in_batches(act: ChangeRows, context: CheckContext) -> str:
    """Return the backfill that replaces a statement, if all arguments are known."""
    types = context.known.table(act.table).types
    is_compared = "IS DISTINCT FROM" in act.where
    if not act.values or (is_compared and not all(map(_Compared(types), act.values))):
        return ""
    named = {"where": act.where, "schema": act.table.schema}
    given = {name: value for name, value in named.items() if value}
    return written_call("backfill", (act.table.name, dict(act.values)), given)


class _Compared:
    """A check whether a column equals the value to which an UPDATE has set it.

    Args:
        types: the types of the columns, as far as they are known.
    """

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = {name: spelled_kind(kind) for name, kind in types.items()}

    def __call__(self, change: tuple[str, str]) -> bool:
        column, value = change
        kind = self._types.get(column, "")
        if _NOT_EQUAL.match(kind) or (not kind and _STRUCTURE.match(value)):
            return False
        is_kept = _KEPT_AS_GIVEN.fullmatch(value) or not _ROUNDED.match(kind)
        return bool(is_kept) or self._types.get(value) == kind


_NOT_EQUAL = re.compile(r"JSON\b|XML\b|POINT\b|BOX\b|PATH\b|POLYGON\b")
_ROUNDED = re.compile(
    r"REAL|FLOAT|NUMERIC\(|DATE|TIME|INTERVAL|CHAR\(|SMALLINT|INT|BIGINT"
)
"""Types that round a value of another type when it is assigned."""

_KEPT_AS_GIVEN = re.compile(r"-?\d+|'(?:[^']|'')*'|NULL|true|false")
_STRUCTURE = re.compile(r"'[\[{<]")


_MANY = 10_000
"""Estimated rows from which on a change is too much for one transaction."""


CHECK = Check(
    id="change-rows",
    severity=Severity.WARNING,
    reason="All changed rows stay locked until the transaction ends, replicas fall "
    "behind, and dead rows bloat the table. op.backfill() commits after each batch. "
    "If it is interrupted, the next run continues after the last batch.",
    look=_look,
    setup=USERS,
    bad='op.execute("UPDATE users SET email = upper(email)")',
    good='op.backfill("users", {"email": "upper(email)"}, where="email <> '
    'upper(email)")',
    claim=Claim({"users": LockMode.ROW_EXCLUSIVE}, scans=frozenset({"users"})),
)
