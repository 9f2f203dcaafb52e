"""Ours, then one of Alembic's."""

from alembic import op

revision = "d84260584e4e"
down_revision = None


def upgrade():
    op.create_index_concurrently("ix_users_age", "users", ["age"])
    op.create_index("ix_users_size", "users", ["size"])  # found: create-index
    op.add_not_null_two_phase("orders", "buyer")  # found: change-before-directive
    op.alter_column("orders", "seller", nullable=False)  # found: set-not-null


def downgrade():
    pass
