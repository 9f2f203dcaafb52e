"""Rows that are changed in a revision are locked until all of it is done.

https://www.postgresql.org/docs/current/sql-update.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import ChangeRows
from alembic_zdt.locks import LockMode
from alembic_zdt.operations.written_call import written_call
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, ChangeRows):
        words = f"{act.words} of {act.table.words} is one transaction with all else"
        rows = context.changed_rows(act.table, call.statements)
        if rows is None:
            yield Problem(words, act.table, _in_batches(act))
        elif rows > _MANY:
            many = f"{words}, for about {rows:,} rows"
            yield Problem(many, act.table, _in_batches(act), severity=Severity.ERROR)


def _in_batches(act: ChangeRows) -> str:
    """Return the call that does it in batches, if the statement shows all of it."""
    said = (*(value for _, value in act.values), act.where)
    if not act.values or any(_PARAMETER.search(each) for each in said):
        return ""
    named = {"where": act.where, "schema": act.table.schema}
    given = {name: value for name, value in named.items() if value}
    return written_call("backfill", (act.table.name, dict(act.values)), given)


_PARAMETER = re.compile(r"\$\d")


_MANY = 10_000
"""Rows that one transaction may well change, as the planner counts."""


CHECK = Check(
    id="change-rows",
    severity=Severity.WARNING,
    reason="All rows that it changes stay locked until the transaction ends, "
    "replicas fall behind, and the table grows by what is dead then. "
    "op.backfill() works in batches that are committed, and goes on where "
    "it was stopped.",
    look=_look,
    setup=USERS,
    bad='op.execute("UPDATE users SET email = upper(email)")',
    good='op.backfill("users", {"email": "upper(email)"}, where="email <> '
    'upper(email)")',
    claim=Claim({"users": LockMode.ROW_EXCLUSIVE}, scans=frozenset({"users"})),
    elsewhere={"strong_migrations": "backfill"},
)
