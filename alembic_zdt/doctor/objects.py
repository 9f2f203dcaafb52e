"""Checks of objects that earlier migrations left unfinished."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.catalog.drift import drift
from alembic_zdt.catalog.window_faults import CHANGED_WINDOW, MISSING_TRIGGER
from alembic_zdt.doctor.finding import Finding, Severity, Subject

_SEVERITY = {
    MISSING_TRIGGER: Severity.PROBLEM,
    CHANGED_WINDOW: Severity.PROBLEM,
}


def half_way(subject: Subject) -> Iterator[Finding]:
    """Report invalid indexes, unvalidated constraints, lost triggers and the like."""
    for found in drift(subject.database):
        severity = _SEVERITY.get(found.kind, Severity.WARNING)
        yield Finding(severity, found.words, f"{found.hint}.", check=found.kind)
