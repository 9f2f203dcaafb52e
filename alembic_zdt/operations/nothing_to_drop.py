"""The refusal of a call that finds nothing to drop.

https://alembic.sqlalchemy.org/en/latest/ops.html#alembic.operations.Operations.drop_index
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UndefinedObjectError
from alembic_zdt.names import QualifiedName, literal, quote
from alembic_zdt.operations.base import TABLES, ZdtOperation
from alembic_zdt.operations.calls.written_call import written_call

_MOST = 12
_LIKENESS = 0.3


@dataclass(frozen=True)
class Sought:
    """The object that a call drops.

    Attributes:
        kind: the kind of the object, for messages.
        name: the name of the object, for messages.
        exists: the SQL condition that the object exists.
        table: its table, None if it is unknown. Another error reports a missing table.
        others: the query for the names of other such objects.
        place: the place of these objects, for messages.
        error: the names of the object for the error.
        kinds: ``pg_class.relkind`` of its table.
    """

    kind: str
    name: str
    exists: str
    table: QualifiedName | None
    others: str
    place: str
    error: dict[str, str]
    kinds: str = TABLES

    @property
    def is_missing(self) -> str:
        """Return SQL that is true if the table exists, but not the object."""
        missing = f"NOT {self.exists}"
        if self.table is None:
            return missing
        kinds = ", ".join(map(literal, self.kinds))
        return (
            f"{missing} AND EXISTS (SELECT FROM pg_catalog.pg_class c"
            f" WHERE c.oid = {self.table.regclass} AND c.relkind IN ({kinds}))"
        )


class DropOperation(ZdtOperation):
    """An operation that drops an object, or prepares its drop.

    Args:
        if_exists: skip the call if the object does not exist.
    """

    if_exists: bool = False

    @property
    def sought(self) -> Sought:
        """Return the object that the operation drops."""
        raise NotImplementedError


def nothing_to_drop(
    operation: DropOperation, database: Database
) -> UndefinedObjectError:
    """Build the error for a drop that finds nothing.

    Args:
        operation: the drop.
        database: the database that lacks the object.
    """
    sought = operation.sought
    names = [str(row[0]) for row in database.rows(sought.others)]
    positional, named = operation.arguments()
    fields = {"detail": f"{sought.place} {_listed(sought, names)}.", **sought.error}
    if "if_exists" not in named:
        return UndefinedObjectError(
            f"cannot {operation.purpose}: the {sought.kind} does not exist",
            hint="Correct the name.",
            **fields,
        )
    call = written_call(operation.directive, positional, named | {"if_exists": True})
    return UndefinedObjectError(
        f"cannot {operation.purpose}: the {sought.kind} does not exist",
        hint=f"Correct the name, or write {call}.",
        **fields,
    )


def _listed(sought: Sought, names: Sequence[str]) -> str:
    """Return the existing names, or only the most similar ones if there are many."""
    if not names:
        return f"no {sought.kind}"
    shown = sorted(names)
    if len(names) > _MOST:
        shown = difflib.get_close_matches(sought.name, names, _MOST, _LIKENESS)
    if not shown:
        return f"{len(names)} others, none of a similar name"
    words, more = ", ".join(map(quote, shown)), len(names) - len(shown)
    return f"{words}{f' and {more} more' if more else ''}"
