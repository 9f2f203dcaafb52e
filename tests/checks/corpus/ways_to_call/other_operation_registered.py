"""A directive of the project's own."""

from alembic import op  # process: own
from alembic.operations import MigrateOperation, Operations

revision = "b41048e517a5"
down_revision = None


@Operations.register_operation("drop_user_column")
class DropUserColumnOp(MigrateOperation):
    def __init__(self, name):
        self.name = name

    @classmethod
    def drop_user_column(cls, operations, name):
        return operations.invoke(cls(name))


@Operations.implementation_for(DropUserColumnOp)
def drop_user_column(operations, operation):
    operations.execute(f"ALTER TABLE users DROP COLUMN {operation.name}")  # found: drop-column


def upgrade():
    op.invoke(DropUserColumnOp("age"))


def downgrade():
    pass
