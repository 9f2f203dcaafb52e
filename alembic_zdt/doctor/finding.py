"""What a check is given, and what it says."""

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
    """How bad it is."""

    PROBLEM = "problem"
    """Migrations fail, or do harm."""
    WARNING = "warning"
    """It will be one, or makes migrations slow."""
    NOTE = "note"
    """Worth to know."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, and its fix.

    Attributes:
        severity: how bad it is.
        words: what it is.
        hint: the fix.
        check: the id of the check that found it.
        database: where, if env.py migrates several.
    """

    severity: Severity
    words: str
    hint: str
    check: str = ""
    database: str = ""


@dataclass(frozen=True)
class Subject:
    """What is looked at: one database of env.py.

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
    """Migrations fail, or do harm."""
    return Finding(Severity.PROBLEM, words, hint)


def warning(words: str, hint: str) -> Finding:
    """It will be a problem, or makes migrations slow."""
    return Finding(Severity.WARNING, words, hint)


def note(words: str, hint: str) -> Finding:
    """Worth to know."""
    return Finding(Severity.NOTE, words, hint)


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first ones, and how many more there are."""
    shown = ", ".join(names[:most])
    more = len(names) - most
    return f"{shown} and {more} more" if more > 0 else shown
