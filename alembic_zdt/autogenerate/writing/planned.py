"""The revisions that will be written, before they become Alembic's scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from alembic_zdt.autogenerate.changes.change import Change
from alembic_zdt.phases import Phase


@dataclass
class Part:
    """The changes that one revision makes in one database.

    Attributes:
        changes: the changes, in order.
        upgrade_token: name of the database's upgrades in env.py.
        downgrade_token: name of its downgrades.
    """

    changes: Sequence[Change]
    upgrade_token: str
    downgrade_token: str


@dataclass
class Planned:
    """A revision that will be written.

    Attributes:
        phase: its phase.
        parts: the parts, one for each database that the revision changes.
        deferred: the calls of the contract that is written later.
    """

    phase: Phase
    parts: list[Part] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)

    def changes(self, part: Part) -> bool:
        """Check whether the revision has changes of the database of *part* already."""
        return any(own.upgrade_token == part.upgrade_token for own in self.parts)
