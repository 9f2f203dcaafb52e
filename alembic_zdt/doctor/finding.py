"""The findings of a check, and the subject that it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory

from alembic_zdt.catalog.database import Database
from alembic_zdt.settings import Settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


class Severity(Enum):
    """The severity of a finding."""

    PROBLEM = "problem"
    """Migrations fail, or do harm."""
    WARNING = "warning"
    """It will become a problem, or makes migrations slow."""
    NOTE = "note"
    """It is worth knowing."""


@dataclass(frozen=True)
class Finding:
    """A fault of the setup or the database, and its fix.

    Attributes:
        severity: of the fault.
        words: the message.
        hint: the fix.
        check: the id of the check that found it.
        database: its database, if env.py migrates several.
    """

    severity: Severity
    words: str
    hint: str
    check: str = ""
    database: str = ""


@dataclass(frozen=True)
class Subject:
    """One database of env.py, which the checks read.

    Attributes:
        context: Alembic's.
        database: the connection that env.py made.
        script: the revisions.
        heads: the revisions that the database is at.
        settings: that hold for it.
    """

    context: MigrationContext
    database: Database
    script: ScriptDirectory
    heads: Sequence[str]
    settings: Settings


Check = Callable[[Subject], Iterable[Finding]]


def problem(words: str, hint: str) -> Finding:
    """Return a problem: migrations fail, or do harm."""
    return Finding(Severity.PROBLEM, words, hint)


def warning(words: str, hint: str) -> Finding:
    """Return a warning: it will become a problem, or makes migrations slow."""
    return Finding(Severity.WARNING, words, hint)


def note(words: str, hint: str) -> Finding:
    """Return a note: it is worth knowing."""
    return Finding(Severity.NOTE, words, hint)


def listed(names: Sequence[str], most: int = 5) -> str:
    """Join the first names, and add how many more there are."""
    shown = ", ".join(names[:most])
    more = len(names) - most
    return f"{shown} and {more} more" if more > 0 else shown
