"""ALTER TABLE in a block: each finding at its own line."""

import sqlalchemy as sa
from alembic import op

revision = "b6bef2e9ed77"
down_revision = None


def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("age", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_users_age"), ["age"], unique=False)  # found: create-index
        batch_op.alter_column("email", existing_type=sa.Text(), nullable=False)  # found: set-not-null
        batch_op.drop_constraint("fk_users_team", type_="foreignkey")  # found: drop-foreign-key
        batch_op.drop_column("size")  # found: drop-column


def downgrade():
    pass
