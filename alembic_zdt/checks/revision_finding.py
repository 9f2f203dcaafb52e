"""Findings of the checks of revisions, with their places."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from alembic_zdt.findings import Finding


class Evidence(Enum):
    """The source of a finding."""

    ASSUMED = "assumed"
    """Derived from the revisions alone."""
    CATALOG = "catalog"
    """Measured by a database."""
    TRACED = "traced"
    """Seen while the revision ran in a scratch database, see alembic-zdt rehearse."""


@dataclass(frozen=True, kw_only=True)
class RevisionFinding(Finding):
    """A finding in a revision, or in a file of SQL.

    Attributes:
        reason: why it matters.
        revision: its id, empty for a file of SQL.
        file: its path.
        line: the line in the file, 0 if it is unknown.
        evidence: the source of the finding.
        size: the size of the table, as a text, if a database was asked.
        behind: the lines of earlier calls of the revision that fail if they are
            repeated. A directive in place of the reported call would commit them. The
            JSON output leaves them out.
    """

    reason: str
    revision: str
    file: str
    line: int
    evidence: Evidence = Evidence.ASSUMED
    size: str = ""
    behind: tuple[int, ...] = field(default=(), compare=False)

    @property
    def fingerprint(self) -> str:
        """Return a hash that does not change when the finding moves to another line."""
        parts = (self.check, self.revision, Path(self.file).name, self.message)
        text = "\0".join(parts)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def as_json(self) -> dict[str, Any]:
        """Return the finding as a JSON object, with its fingerprint."""
        found = super().as_json() | {"fingerprint": self.fingerprint}
        del found["behind"]
        return found
