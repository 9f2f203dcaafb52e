"""Findings of the checks, with their places."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from alembic_zdt.checks.check import Severity


class Evidence(Enum):
    """The source of a finding."""

    ASSUMED = "assumed"
    """The revisions alone."""
    CATALOG = "catalog"
    """A database, which was asked."""


@dataclass(frozen=True)
class Finding:
    """A problem in a revision, as it is reported.

    Attributes:
        check: the id of the check.
        severity: of the problem.
        words: the message.
        reason: why it matters.
        instead: the suggestion, empty if the reason has it.
        revision: its id, empty for an SQL file.
        file: its path.
        line: of the file, 0 if it is unknown.
        evidence: the source of the finding.
        size: of the table, as a text, if a database was asked.
    """

    check: str
    severity: Severity
    words: str
    reason: str
    instead: str
    revision: str
    file: str
    line: int
    evidence: Evidence = Evidence.ASSUMED
    size: str = ""

    @property
    def fingerprint(self) -> str:
        """Return a hash that does not change when the finding moves to another line."""
        parts = (self.check, self.revision, Path(self.file).name, self.words)
        text = "\0".join(parts)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def as_json(self) -> dict[str, Any]:
        """Return the finding as an object of JSON."""
        found = asdict(self)
        return found | {
            "severity": self.severity.value,
            "evidence": self.evidence.value,
            "fingerprint": self.fingerprint,
        }
