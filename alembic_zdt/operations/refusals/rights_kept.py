"""A refusal of changes after which a role could no longer write a table.

https://www.postgresql.org/docs/current/ddl-priv.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog.writers import Lacking
from alembic_zdt.errors import PreconditionError, ZdtError
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import Precondition, Row


def rights_kept(
    table: QualifiedName, lacking: Sequence[Lacking], when: str
) -> Sequence[Precondition]:
    """Refuse a change after which a role lacks a right to write the table.

    Args:
        table: the table.
        lacking: the missing rights of the roles that write it.
        when: the SQL condition under which the rights matter.
    """
    if not lacking:
        return ()

    def refused(_rows: Sequence[Row]) -> ZdtError:
        listed = "; ".join(f"{one.role} lacks {one.right}" for one in lacking)
        return PreconditionError(
            f'a role that writes "{table.label}" would lose the right to do so',
            detail="The expression runs with the rights of the role that writes a row, "
            f"through a view too: {listed}.",
            hint=f"Run {' '.join(one.grant for one in lacking)}",
            table=table.label,
        )

    return (Precondition(f"SELECT 1 WHERE {when}", refused),)
