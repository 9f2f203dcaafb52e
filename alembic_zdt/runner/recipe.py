"""The interface through which the runner uses an operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from alembic_zdt.server_facts import Question, Server
from alembic_zdt.steps import Precondition, Step


class Recipe(Protocol):
    """An operation as the runner uses it."""

    @property
    def purpose(self) -> str:
        """Return what the operation does, for example ``create index "ix"``."""

    @property
    def subject(self) -> str:
        """Return the object on which two migrations must not work at the same time."""

    @property
    def builds_index(self) -> bool:
        """Check whether the operation runs CREATE INDEX or REINDEX CONCURRENTLY."""

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions that the operation asks the server first."""

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Return the preconditions that are checked before the first step."""

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the steps of the operation, in order."""
