"""Findings, with one scale of severities for all commands that report some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

from alembic_zdt.exit_codes import ExitCode


class Severity(Enum):
    """The severity of a finding."""

    ERROR = "error"
    """The application or a migration waits, fails, or loses something."""
    WARNING = "warning"
    """The application or a migration may wait, fail, or lose something later."""
    NOTE = "note"
    """Nothing is broken, but something could be better."""

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code of a command whose worst finding has this severity."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Severity.ERROR: ExitCode.ERROR,
    Severity.WARNING: ExitCode.WARNING,
    Severity.NOTE: ExitCode.OK,
}


@dataclass(frozen=True)
class Finding:
    """A fault of a revision, the setup or the database, as a command reports it.

    Attributes:
        severity: the severity of the finding.
        message: the message: what is wrong.
        suggestion: the correction, empty if the message names it.
        check: the id of the check that found it.
        object: the name of the object that has the fault, empty if none has.
        database: the name of its database, empty if none was asked.
    """

    severity: Severity
    message: str
    suggestion: str = ""
    check: str = ""
    object: str = ""
    database: str = ""

    @classmethod
    def error(cls, message: str, suggestion: str, check: str = "") -> Finding:
        """Build a finding with the severity ``error``."""
        return Finding(Severity.ERROR, message, suggestion, check)

    @classmethod
    def warning(cls, message: str, suggestion: str, check: str = "") -> Finding:
        """Build a finding with the severity ``warning``."""
        return Finding(Severity.WARNING, message, suggestion, check)

    @classmethod
    def note(cls, message: str, suggestion: str, check: str = "") -> Finding:
        """Build a finding with the severity ``note``."""
        return Finding(Severity.NOTE, message, suggestion, check)

    def as_text(self, name: str = "") -> Iterator[str]:
        """Yield the lines for a log.

        Args:
            name: a name in place of the id of the check.
        """
        yield f"{self.severity.value}: {name or self.check}: {self.message}"
        if self.suggestion:
            yield f"  {self.suggestion}"

    def as_json(self) -> dict[str, Any]:
        """Return the finding as a JSON object, with null for empty values."""
        found = {each.name: getattr(self, each.name) or None for each in fields(self)}
        return {
            key: value.value if isinstance(value, Enum) else value
            for key, value in found.items()
        }


def exit_code(findings: Iterable[Finding], *, unchecked: bool = False) -> ExitCode:
    """Return the exit code for the worst finding.

    Args:
        findings: the findings of a command.
        unchecked: whether something could not be checked, which is a warning.
    """
    codes = [found.severity.exit_code for found in findings]
    return max([*codes, ExitCode.WARNING if unchecked else ExitCode.OK])
