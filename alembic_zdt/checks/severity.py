"""The severity of a finding, by the settings or by the table's size and traffic.

A long operation on a big table takes a moment on a small one.  A change that breaks
code breaks it on tables of any size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from alembic_zdt.checks.check import Check, Problem, Severity
from alembic_zdt.checks.finding import Finding
from alembic_zdt.checks.policy import Policy
from alembic_zdt.oracle.oracle import Oracle
from alembic_zdt.oracle.size import Size

_BUSY = 10.0
"""Reads and writes a second from which on a table is busy."""

_MANY_ROWS = 1_000_000
"""Rows from which on a warning about a busy table is an error."""


class Judge:
    """A judge of findings, with the settings, and the database if there is one.

    Args:
        policy: the settings for checks and tables.
        oracle: the database.
    """

    def __init__(self, policy: Policy, oracle: Oracle | None = None) -> None:
        self._policy, self._oracle = policy, oracle

    def judged(
        self, finding: Finding, check: Check, problem: Problem
    ) -> Iterator[Finding]:
        """Yield the finding with its final severity, or nothing."""
        table = problem.table
        size = self._oracle.size(table) if self._oracle and table else None
        scaled = finding.severity
        if size is not None and problem.severity is None:
            scaled = self._scaled(check, size)
        severity = self._policy.severity(check.id, scaled, table)
        if severity is not None:
            words = size.words if size else ""
            yield replace(finding, severity=severity, size=words)

    def _scaled(self, check: Check, size: Size) -> Severity:
        is_busy = size.reads + size.writes >= _BUSY
        if check.severity is Severity.ERROR and _takes_long(check):
            if size.rows > self._policy.small_table_rows:
                return Severity.ERROR
            return Severity.WARNING if is_busy else Severity.ADVICE
        is_worse = check.severity is Severity.WARNING and size.rows >= _MANY_ROWS
        return Severity.ERROR if is_worse and is_busy else check.severity


def _takes_long(check: Check) -> bool:
    """Check whether the time that it takes depends on the rows."""
    return check.claim is not None and bool(check.claim.scans or check.claim.rewrites)
