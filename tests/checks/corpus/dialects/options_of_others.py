"""Options that PostgreSQL does not read."""

import sqlalchemy as sa
from alembic import op

revision = "c4fe3aa2a8ca"
down_revision = None


def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer()), mysql_engine="InnoDB")
    op.create_index("ix", "users", ["email"], mysql_length=10, postgresql_using="gin")  # found: create-index
    op.add_column("users", sa.Column("age", sa.Integer(), mysql_comment=None) if False else sa.Column("age", sa.Integer()))


def downgrade():
    pass
