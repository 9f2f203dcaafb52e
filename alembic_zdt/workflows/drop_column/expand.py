"""Drop a column in the two phases that running code needs.

Code that does not know the column cannot insert while it is NOT NULL without a default.
Code that knows it fails as soon as it is dropped.  So the *expand* allows inserts
without the column before the new code is deployed.  After every old process has ended,
the *contract* drops it.

What can still go wrong: if the ORM's model still names the column at the expand's
deploy, ``SELECT`` fails after the contract.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from alembic.operations import ops

from alembic_zdt.catalog import column as catalog
from alembic_zdt.operations.base import (
    ZdtOperation,
    directive,
    require_table,
)
from alembic_zdt.operations.constraints.not_null import (
    AddNotNullTwoPhaseOp,
    DropNotNullOp,
)
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Precondition, SkipCondition, Step
from alembic_zdt.workflows.drop_column.base import DropColumnOp
from alembic_zdt.workflows.drop_column.contract import ContractDropColumnOp


@directive
class ExpandDropColumnOp(DropColumnOp):
    """Let code insert without a column that will be dropped: the first phase.

    It drops NOT NULL, unless the column has a default or allows NULL already.  Then
    deploy the code that does not know the column.  After every old process has ended,
    drop it with ``op.contract_drop_column()``.

    Args:
        existing_nullable: False lets the downgrade set NOT NULL again.
        if_exists: skip a column that does not exist.

    Raises:
        UndefinedObjectError: the table or the column does not exist.
        DependentObjectsError: the column is part of the primary key.

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

    directive = "expand_drop_column"

    def __init__(
        self, *names: str, existing_nullable: bool | None = None, **options: Any
    ) -> None:
        super().__init__(*names, **options)
        self.existing_nullable = existing_nullable

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        return f'let rows be inserted without "{self.label}"'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's own call."""
        return (self.table.name, self.column), {
            "existing_nullable": self.existing_nullable,
            "schema": self.table.schema,
            "if_exists": self.if_exists or None,
        }

    def contract(self) -> ZdtOperation:
        """Return the call that drops the column."""
        return ContractDropColumnOp(
            self.table.name,
            self.column,
            schema=self.table.schema,
            if_exists=self.if_exists,
        )

    def reverse(self) -> AddNotNullTwoPhaseOp | ops.ModifyTableOps:
        """Return a call that sets NOT NULL again, if ``existing_nullable`` is False."""
        table, schema = self.table.name, self.table.schema
        if self.existing_nullable is False:
            return AddNotNullTwoPhaseOp(table, self.column, schema=schema)
        return ops.ModifyTableOps(table, [], schema=schema)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse a missing table; a missing column is refused before."""
        require_table(self.table, server)
        return ()

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the step that drops NOT NULL."""
        drop = DropNotNullOp(
            self.table.name, self.column, schema=self.table.schema
        ).steps(server)
        done = catalog.may_be_left_out(self.table, self.column)
        skip_if = SkipCondition(done, "it takes NULL, or has a default")
        return tuple(replace(step, skip_if=skip_if) for step in drop)
