"""Notes of a script about its directives, for a second run of the script.

A revision may change an object twice.  A second run of its script must not make the
first change again, so the log of revisions holds the calls that have begun.
https://www.postgresql.org/docs/current/sql-insert.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.operations.changed_again import changes_again
from alembic_zdt.qualified import qualified
from alembic_zdt.revision_log import (
    BEGUN,
    LATER,
    forgetting,
    own_table,
    row_of,
    table_of,
    version_table,
)
from alembic_zdt.runner.script.hidden_calls import CallPlace

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from alembic_zdt.operations.base import ZdtOperation


def _has_notes(log: QualifiedName) -> str:
    """Return SQL that is true if the log exists, and is not of an older version."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_attribute"
        f" WHERE attrelid = {log.regclass} AND attname = 'assured')"
    )


class ScriptProgress:
    """The notes of a script about the directives of a revision.

    ``half_done.Progress`` does the same online.

    Args:
        context: the migration context of the script.
        step: Alembic's step, of the revision.
        calls: the directives of the revision.
    """

    def __init__(
        self, context: MigrationContext, step: Any, calls: Sequence[str]
    ) -> None:
        self._context, self._step, self._calls = context, step, calls
        self._written = self._notes = 0

    def place_of(self, operation: ZdtOperation) -> CallPlace:
        """Return the text that the script gets around the next directive.

        Args:
            operation: the directive.
        """
        number, self._written = self._written, self._written + 1
        if self._calls[number : number + 1] != [operation.call]:
            return CallPlace()
        begun, later = self._calls[: number + 1], self._calls[number + 1 :]
        found = CallPlace()
        if any(changes_again(each, begun[-1]) for each in begun[:-1]):
            self._notes += 1
            found = CallPlace(noting=self._noting(begun))
        hiding = (n for n, each in enumerate(later) if changes_again(begun[-1], each))
        at = next(hiding, None)
        if at is None:
            return found
        known = [*begun, *later[: at + 1]]
        noted = _has_notes(table_of(self._context))
        return replace(
            found, is_noted=noted, is_done=self._asking(known), later=known[-1]
        )

    def _noting(self, calls: Sequence[str]) -> Sequence[str]:
        row = row_of(self._context, self._step, (0.0, 0.0), calls, begun=True)
        table = own_table(self._context)
        added = ", ".join(f"ADD COLUMN IF NOT EXISTS {n} {t}" for n, t in LATER.items())
        return (
            table.create(),
            f"ALTER TABLE {table.name.sql} {added}",
            qualified(f"INSERT INTO {table.name.sql} {row}"),
        )

    def _asking(self, calls: Sequence[str]) -> str:
        way = "upgrade" if self._step.is_upgrade else "downgrade"
        known = ", ".join(map(literal, calls))
        return (
            f"SELECT EXISTS (SELECT FROM {table_of(self._context).sql}"  # noqa: S608
            f" WHERE version_table = {version_table(self._context)}"
            f" AND revision = {literal(self._step.revision.revision)}"
            f" AND direction = {literal(way + BEGUN)}"
            f" AND assured[1:{len(calls)}] = ARRAY[{known}]::text[])"
        )

    def end(self) -> None:
        """Write the statement that deletes the notes when the version is written."""
        if self._notes:
            text = f"{forgetting(self._context, self._step)};"
            contexts.write(self._context, text)
