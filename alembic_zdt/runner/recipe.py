"""What the runner needs of an operation: that it can say what it would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from alembic_zdt.facts import Question, Server
from alembic_zdt.steps import Precondition, Step


class Recipe(Protocol):
    """An operation, seen from the runner."""

    @property
    def purpose(self) -> str:
        """What it is for, in a few words: ``create index "ix"``."""

    @property
    def subject(self) -> str:
        """The object on which two migrations must not work at the same time."""

    @property
    def builds_index(self) -> bool:
        """Whether it runs CREATE INDEX or REINDEX CONCURRENTLY."""

    def questions(self) -> Sequence[Question[Any]]:
        """What it must know of the server first."""

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """What must hold before any of its steps is looked at."""

    def steps(self, server: Server) -> Sequence[Step]:
        """What it would do, in order."""
