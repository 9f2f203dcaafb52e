"""A materialized view cannot be read while it is refreshed.

https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check, Claim
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import TOTALS
from alembic_zdt.checks.looks import reporting
from alembic_zdt.checks.sql.effects import RefreshView
from alembic_zdt.checks.suggestions.safe_calls import ready
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode


def _concurrently(act: RefreshView, _context: CheckContext) -> str:
    safe = f"REFRESH MATERIALIZED VIEW CONCURRENTLY {act.table.sql}"
    return ready(act, f"op.execute({safe!r})")


CHECK = Check(
    id="refresh-materialized-view",
    severity=Severity.ERROR,
    reason="REFRESH takes ACCESS EXCLUSIVE on the view for as long as its query runs: "
    "reads wait. REFRESH ... CONCURRENTLY takes EXCLUSIVE, which lets reads go on. "
    "For that, the view must have a unique index without WHERE, and must have been "
    "filled before.",
    look=reporting(
        RefreshView,
        lambda _act, table: f"{table} cannot be read until its query has ended",
        suggestion=_concurrently,
    ),
    setup=TOTALS,
    bad='op.execute("REFRESH MATERIALIZED VIEW totals")',
    good='op.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY totals")',
    claim=Claim({"totals": LockMode.ACCESS_EXCLUSIVE}, rewrites=frozenset({"totals"})),
)
