"""Checks of objects that earlier migrations left unfinished."""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog.drift import drift
from alembic_zdt.doctor.subject import Subject
from alembic_zdt.env.own_schema import own_schema
from alembic_zdt.findings import Finding


def half_way(subject: Subject) -> Sequence[Finding]:
    """Report invalid indexes, unvalidated constraints, broken windows, leftovers."""
    return drift(subject.database, own_schema(subject.context))
