"""A table that was only there for a while locks nobody, neither does its end."""

import sqlalchemy as sa
from alembic import op

revision = "b740399e4f14"
down_revision = None


def upgrade():
    op.create_table("ids", sa.Column("id", sa.Integer()))
    op.execute("INSERT INTO ids SELECT id FROM users")
    op.rename_table("ids", "ids_done")
    op.drop_table("ids_done")
    op.add_column("users", sa.Column("age", sa.Integer()))


def downgrade():
    pass
