"""A column that a directive adds is of a table that is used."""

import sqlalchemy as sa
from alembic import op

revision = "fb81a8492334"
down_revision = None


def upgrade():
    op.expand_add_column("users", sa.Column("age", sa.Integer()))
    op.create_index("ix_users_age", "users", ["age"])  # found: create-index
    op.execute("UPDATE users SET age = 1")  # found: change-rows, ddl-and-rows


def downgrade():
    pass
