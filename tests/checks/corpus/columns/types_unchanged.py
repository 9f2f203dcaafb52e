"""existing_type= alone changes nothing."""

import sqlalchemy as sa
from alembic import op

revision = "f0edae236fad"
down_revision = None


def upgrade():
    op.alter_column("users", "a", existing_type=sa.Integer(), nullable=True)  # found: drop-not-null
    op.alter_column("users", "b", existing_type=sa.Integer(), server_default="1")
    op.alter_column("users", "c", existing_type=sa.Integer(), server_default=None)  # found: drop-default
    op.alter_column("users", "d", existing_type=sa.Integer(), comment="the number")
    op.alter_column("users", "e", existing_type=sa.String(5), existing_nullable=True, type_=sa.String(9))


def downgrade():
    pass
