"""A new table takes the place of an old one."""

import sqlalchemy as sa
from alembic import op

revision = "9c33945b1147"
down_revision = None


def upgrade():
    op.create_table("users_new", sa.Column("id", sa.BigInteger()), sa.Column("name", sa.Text()))
    op.execute("INSERT INTO users_new SELECT id, name FROM users")
    op.rename_table("users", "users_old")  # found: rename-table
    op.rename_table("users_new", "users")
    op.create_index("ix_users_name", "users", ["name"])
    op.drop_table("users_old")  # found: drop-table


def downgrade():
    pass
