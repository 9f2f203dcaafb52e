"""NOT NULL needs a default that the server knows."""

import sqlalchemy as sa
from alembic import op

revision = "847aaa1774c1"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("a", sa.Integer(), nullable=False))  # found: add-column-not-null
    op.add_column("users", sa.Column("b", sa.Integer(), default=0, nullable=False))  # found: add-column-not-null
    op.add_column("users", sa.Column("c", sa.Integer(), server_default="0", nullable=False))


def downgrade():
    pass
