"""A table keeps its name while two of its columns are kept equal.

The names of all parts of a window are made of the name of the table.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog import windows
from alembic_zdt.errors import DependentObjectsError, ZdtError
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import Precondition, Row


def no_window(table: QualifiedName) -> Precondition:
    """Refuse to rename a table with an open window."""

    def refused(rows: Sequence[Row]) -> ZdtError:
        found = "; ".join(str(row[0]) for row in rows)
        return DependentObjectsError(
            f'cannot rename "{table.words}": two of its columns are kept equal',
            detail=f"A window is open from an expand to its contract: {found}. Its "
            "later phases would not find it under another name of the table.",
            hint="End it first by the contract of that change, then run the same "
            "command again.",
            table=table.words,
        )

    return Precondition(windows.open_on(table), refused)
