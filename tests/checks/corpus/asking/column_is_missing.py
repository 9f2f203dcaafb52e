"""The guard that most people write: the column is not there, so it is added."""

import sqlalchemy as sa
from alembic import op

revision = "134079f1c13a"
down_revision = None


def upgrade():
    inspector = sa.inspect(op.get_bind())
    columns = [column["name"] for column in inspector.get_columns("users")]
    if "age" not in columns:
        op.add_column("users", sa.Column("age", sa.Integer(), nullable=False))  # found: add-column-not-null


def downgrade():
    pass
