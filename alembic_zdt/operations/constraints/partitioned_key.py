"""A limit of foreign keys on partitioned tables before PostgreSQL 18.

https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.errors import PreconditionError, ZdtError
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import Precondition, Row

NOT_VALID_ON_PARTITIONED = 180000
"""The first version with a NOT VALID foreign key on a partitioned table."""


def may_stay_not_valid(table: QualifiedName, purpose: str, call: str) -> Precondition:
    """Refuse to leave the foreign key of a partitioned table NOT VALID before 18.

    Args:
        table: the table that gets the foreign key.
        purpose: the change, as a phrase for the message.
        call: the call that validates the foreign key.
    """

    def refused(_rows: Sequence[Row]) -> ZdtError:
        return PreconditionError(
            f"cannot {purpose} as NOT VALID: the table is partitioned",
            detail="Before PostgreSQL 18 the server always validates a foreign key of "
            "a partitioned table.",
            hint=f"Write {call}, which validates one partition after the other.",
            table=table.label,
        )

    return Precondition(
        "SELECT 'a partitioned table' FROM pg_catalog.pg_class c"
        f" WHERE c.oid = {table.regclass} AND c.relkind = 'p' AND"
        " pg_catalog.current_setting('server_version_num')::int"
        f" < {NOT_VALID_ON_PARTITIONED}",
        refused,
    )
