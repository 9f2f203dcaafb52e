"""The type first, or with the table."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "69f6d92e0c8d"
down_revision = None

kind = postgresql.ENUM("small", "large", name="kind", create_type=False)
state = sa.Enum("open", "done", name="state")


def upgrade():
    kind.create(op.get_bind(), checkfirst=True)
    op.create_table("orders", sa.Column("kind", kind), sa.Column("state", state))
    op.alter_column("orders", "kind", nullable=False)


def downgrade():
    op.drop_table("orders")  # back, found: drop-table
    kind.drop(op.get_bind(), checkfirst=False)
    state.drop(op.get_bind())
