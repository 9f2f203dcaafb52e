"""Each query of the models still names the dropped table or column.

https://docs.sqlalchemy.org/en/20/orm/mapping_columns.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, on_used, table_of
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.staying import on_staying
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_staying(call, context, ops.DropColumnOp):
        table = table_of(op)
        if context.is_modelled(table, op.column_name):
            yield Problem(
                f"the models still name {op.column_name} of {table.label}", table
            )
    for op in on_used(call, context, ops.DropTableOp):
        table = table_of(op)
        if context.is_modelled(table):
            yield Problem(f"the models still name {table.label}", table)


CHECK = Check(
    id="drop-modelled",
    severity=Severity.ERROR,
    reason="target_metadata of env.py still has this table or column, and no later "
    "revision creates it again. The ORM names each column of a model in its queries. "
    "These queries fail once the table or column is dropped. Remove it from the "
    "models first, deploy the new models, then drop it.",
    look=_look,
    setup=USERS,
    bad='op.drop_column("users", "email")  # and models.py still has User.email',
    good=(
        """\
# 1. Before the deploy of code whose models do not have users.email.
op.expand_drop_column("users", "email")""",
        """\
# 2. After every old process is gone.
op.contract_drop_column("users", "email")""",
    ),
    breaks_code=True,
)
