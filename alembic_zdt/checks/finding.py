"""What a check has found, and where."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from alembic_zdt.checks.check import Severity


class Evidence(Enum):
    """How it is known."""

    ASSUMED = "assumed"
    """From the revisions alone."""
    CATALOG = "catalog"
    """A database was asked."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    Attributes:
        check: the id of the check.
        severity: how bad it is.
        words: what is wrong.
        reason: why it matters.
        instead: what to write, empty when the reason says it.
        revision: in which, empty for an SQL file.
        file: its path.
        line: there, 0 where nobody knows.
        evidence: how it is known.
        size: of the table, in words, where a database was asked.
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
        """The same as long as it is the same, also on another line."""
        parts = (self.check, self.revision, Path(self.file).name, self.words)
        text = "\0".join(parts)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def as_json(self) -> dict[str, Any]:
        """For other programs."""
        found = asdict(self)
        return found | {
            "severity": self.severity.value,
            "evidence": self.evidence.value,
            "fingerprint": self.fingerprint,
        }
