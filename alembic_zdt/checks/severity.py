"""The severity of a finding, by the settings or by the table's size and traffic.

An operation that takes long on a big table is short on a small one.  A change that
breaks code breaks it on tables of any size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.policy import Policy
from alembic_zdt.checks.revision_finding import RevisionFinding
from alembic_zdt.findings import Severity
from alembic_zdt.names import QualifiedName
from alembic_zdt.oracle import questions
from alembic_zdt.oracle.answers import Answers
from alembic_zdt.oracle.size import Size

_BUSY = 10.0
"""Reads and writes per second that make a table busy."""

_MANY_ROWS = 1_000_000
"""Rows that make a warning about a busy table an error."""


class Judge:
    """The severity of findings, by the settings, and by a database if there is one.

    Args:
        policy: the settings for checks and tables.
        oracle: the database, or its facts; None without either.
    """

    def __init__(self, policy: Policy, oracle: Answers | None = None) -> None:
        self._policy, self._oracle = policy, oracle
        self._database = oracle.database_name if oracle else ""

    def judged(
        self, finding: RevisionFinding, check: Check, problem: Problem
    ) -> Iterator[RevisionFinding]:
        """Yield the finding with its final severity, or nothing."""
        table = problem.table
        size = self._oracle.size(table) if self._oracle and table else None
        scaled = finding.severity
        if problem.severity is None:
            scaled = self._scaled(check, size, table)
        severity = self._policy.severity(check.id, scaled, table)
        if severity is not None:
            yield replace(
                finding,
                severity=severity,
                size=size.label if size else "",
                database=self._database,
            )

    def _scaled(
        self, check: Check, size: Size | None, table: QualifiedName | None
    ) -> Severity:
        is_long = check.severity is Severity.ERROR and _takes_long(check)
        if is_long and self._is_small(size, table):
            return Severity.WARNING if size and _is_busy(size) else Severity.NOTE
        return raised_severity(check, size)

    def _is_small(self, size: Size | None, table: QualifiedName | None) -> bool:
        """Check whether the table is small; without a table, whether all are."""
        rows = size.rows if size else None
        if table is None and self._oracle:
            rows = self._oracle.answer(questions.most_rows)
        return rows is not None and rows <= self._policy.small_table_rows


def raised_severity(check: Check, size: Size | None) -> Severity:
    """Return the severity of a check, raised if the table is large and busy.

    Args:
        check: the check that has found a problem.
        size: the size of the table, None if it is unknown.
    """
    is_many = size is not None and size.rows >= _MANY_ROWS and _is_busy(size)
    is_warning = check.severity is Severity.WARNING
    return Severity.ERROR if is_warning and is_many else check.severity


def _is_busy(size: Size) -> bool:
    return size.reads + size.writes >= _BUSY


def _takes_long(check: Check) -> bool:
    """Check whether the reported operation takes longer with more rows."""
    return check.claim is not None and bool(check.claim.scans or check.claim.rewrites)
