"""Sequences and domains that columns need, and alterations without a directive."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.autogenerate.changes.change import Change
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext
from alembic_zdt.autogenerate.found.alterations import FoundAlteration
from alembic_zdt.autogenerate.found.sequences_and_domains import FoundObject
from alembic_zdt.phases import Phase


def created(op: FoundObject, _around: SchemaContext) -> Iterator[Change]:
    """Yield the change that creates the object."""
    # CREATE DOMAIN has no IF NOT EXISTS.
    repeatable = op.kind == "sequence"
    yield Change(op.create, (op.drop,), Phase.EXPAND, repeatable=repeatable)


def altered(op: FoundAlteration, _around: SchemaContext) -> Iterator[Change]:
    """Yield the change that runs the statement, which may be repeated."""
    phase = Phase.CONTRACT if op.is_late else Phase.EXPAND
    yield Change(op.upgrade, op.downgrade, phase, op.notes)
