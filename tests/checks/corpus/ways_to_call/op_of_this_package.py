"""``op`` with types."""

import sqlalchemy as sa

from alembic_zdt import op

revision = "117cf591661e"
down_revision = None


def upgrade():
    op.expand_add_column("users", sa.Column("age", sa.Integer()))
    op.drop_index("ix_users_age", "users")  # found: drop-index


def downgrade():
    pass
