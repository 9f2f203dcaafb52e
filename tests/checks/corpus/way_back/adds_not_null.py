"""What was dropped comes back, NOT NULL and all."""

import sqlalchemy as sa
from alembic import op

revision = "d9618cf9fe64"
down_revision = None


def upgrade():
    op.drop_column("users", "age")  # found: drop-column


def downgrade():
    op.add_column("users", sa.Column("age", sa.Integer(), nullable=False))  # back, found: add-column-not-null
    op.create_index("ix_users_age", "users", ["age"])  # back, found: create-index
