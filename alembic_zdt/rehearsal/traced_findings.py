"""Compare the findings of lint with what a rehearsal has shown.

A trace confirms or cancels only what it can see: a table that has no rows shows no
wait, and traffic that leaves a column out shows no error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.registry import all_checks
from alembic_zdt.checks.revision_finding import Evidence, RevisionFinding
from alembic_zdt.names import QualifiedName
from alembic_zdt.rehearsal.outcome import RevisionOutcome

_UP = "upgrade"


@dataclass(frozen=True)
class TracedFindings:
    """The findings of lint after a rehearsal.

    Attributes:
        findings: those that stand, with the evidence ``traced`` where it was seen.
        cancelled: those that the trace has disproved.
    """

    findings: Sequence[RevisionFinding] = ()
    cancelled: Sequence[RevisionFinding] = ()


def traced_findings(
    findings: Iterable[RevisionFinding], outcomes: Iterable[RevisionOutcome]
) -> TracedFindings:
    """Return the findings, confirmed or cancelled.

    Args:
        findings: findings of the upgrades of revisions.
        outcomes: the results of the revisions; findings of others are left out.
    """
    ran = {each.revision: each for each in outcomes if each.way == _UP}
    stand: list[RevisionFinding] = []
    cancelled: list[RevisionFinding] = []
    for finding in findings:
        if finding.revision not in ran:
            continue
        seen = _is_seen(finding, ran[finding.revision])
        if seen is False:
            cancelled.append(finding)
        else:
            evidence = Evidence.TRACED if seen else finding.evidence
            stand.append(replace(finding, evidence=evidence))
    return TracedFindings(stand, cancelled)


def _is_seen(finding: RevisionFinding, ran: RevisionOutcome) -> bool | None:
    """Check whether the trace shows what is found, None if it cannot tell."""
    check = all_checks().get(finding.check)
    table = _table(finding.object, ran)
    if check is None or table is None:
        return None
    if check.breaks_code:
        is_met = any(table.name in each.statement for each in ran.failed)
        return True if is_met else None
    claimed = set(check.claim.locks.values()) if check.claim else set()
    own = (each.lock for each in ran.stalls if each.lock.table == table)
    if any(lock.mode in claimed for lock in own):
        return True
    is_disproved = not (ran.error or ran.stalls) and _waits_for_work(check)
    return False if is_disproved else None


def _table(name: str, ran: RevisionOutcome) -> QualifiedName | None:
    """Return the table with rows of that name."""
    found = [each for each in ran.tables if name in {each.name, each.label}]
    return found[0] if len(found) == 1 else None


def _waits_for_work(check: Check) -> bool:
    """Check whether the application waits while a table is read or rewritten.

    A trace would show that.  It does not show how long a lock is waited for if a
    transaction of the application is long.
    """
    claim = check.claim
    if claim is None or claim.fails:
        return False
    blocks = any(mode.stalls_application for mode in claim.locks.values())
    return blocks and bool(claim.scans or claim.rewrites)
