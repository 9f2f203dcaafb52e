"""A materialized view cannot be read while it is refreshed.

https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext, on_used
from alembic_zdt.checks.examples import TOTALS
from alembic_zdt.checks.sql.effects import RefreshView
from alembic_zdt.checks.suggestions import ready
from alembic_zdt.locks import LockMode
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in on_used(call, context, RefreshView):
        words = f"{act.table.words} cannot be read until its query is through"
        safe = f"REFRESH MATERIALIZED VIEW CONCURRENTLY {act.table.sql}"
        yield Problem(words, act.table, ready(act, f"op.execute({safe!r})"))


CHECK = Check(
    id="refresh-materialized-view",
    severity=Severity.ERROR,
    reason="REFRESH takes ACCESS EXCLUSIVE on the view for as long as its query runs: "
    "reads wait. CONCURRENTLY takes EXCLUSIVE, under which it can be read; it needs a "
    "unique index without WHERE, and a view that has been filled before.",
    look=_look,
    setup=TOTALS,
    bad='op.execute("REFRESH MATERIALIZED VIEW totals")',
    good='op.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY totals")',
    claim=Claim({"totals": LockMode.ACCESS_EXCLUSIVE}, rewrites=frozenset({"totals"})),
)
