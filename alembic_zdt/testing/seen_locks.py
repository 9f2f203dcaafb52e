"""The locks that the body of a test takes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from alembic_zdt.names import QualifiedName
from alembic_zdt.tracing.stalls import Stall, stalls
from alembic_zdt.tracing.traced_statement import TracedStatement


class SeenLocks:
    """The statements and locks that were seen while a body ran.

    Args:
        statements: the statements; the list may still grow.
        tables: the tables that were there before.
        own_tables: the names of the tables that the application does not use.
    """

    def __init__(
        self,
        statements: Sequence[TracedStatement],
        tables: Collection[QualifiedName],
        own_tables: Collection[str],
    ) -> None:
        self.statements = statements
        self._tables, self._own = tables, own_tables

    @property
    def blocking(self) -> list[Stall]:
        """Return the statements for which the application may wait long.

        They read or rewrite a table under a lock that blocks reads or writes, or wait
        for such a lock without a ``lock_timeout``.
        """
        tables = {each for each in self._tables if each.name not in self._own}
        return list(stalls(self.statements, tables))
