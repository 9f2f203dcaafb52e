"""The questions of checks, which a database answers, or a file with its facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName
from alembic_zdt.oracle.effect import Effect
from alembic_zdt.oracle.size import Size

Answer = TypeVar("Answer")


class Answers(Protocol):
    """Answers to the questions of checks, None for each that has no answer.

    :class:`~alembic_zdt.oracle.oracle.Oracle` describes the methods.
    """

    @property
    def answered(self) -> int:
        """Return the number of answered questions."""

    @property
    def is_of_the_run(self) -> bool:
        """Check whether the revisions run over this connection."""

    @property
    def database_name(self) -> str:
        """Return the name of the database, empty if it is unknown."""

    def oid(self, table: QualifiedName) -> int:
        """Return a number other than 0 if there is a relation with this name."""

    def size(self, table: QualifiedName) -> Size | None:
        """Return the size of a table."""

    def is_small(self, table: QualifiedName) -> bool:
        """Check whether the table is so small that no operation on it matters."""

    def waits_forever(self) -> bool | None:
        """Check whether the run has no ``lock_timeout``."""

    def has_no_null(self, table: QualifiedName, column: str) -> bool | None:
        """Check whether NOT NULL or valid constraints prove that no row has a NULL."""

    def changed_rows(self, table: QualifiedName, statement: str) -> int | None:
        """Return how many rows a statement would change."""

    def effect(self, table: QualifiedName, action: str) -> Effect | None:
        """Return the work of ``ALTER TABLE <table> <action>``."""

    def answer(
        self, question: Callable[..., Answer | None], *arguments: Any
    ) -> Answer | None:
        """Return the answer to a question.

        Args:
            question: a function of ``oracle.questions``.
            arguments: the arguments of the question, after the database.
        """

    def ask(
        self,
        question: Callable[[Database], Answer | None],
        *,
        bounded: bool = True,
        leaves_nothing: bool = True,
    ) -> Answer | None:
        """Return the answer to any other question, None without a database.

        Args:
            question: a function that gets the database and returns the answer.
            bounded: whether the question waits for locks only for a short time.
            leaves_nothing: whether the question has nothing to roll back.
        """
