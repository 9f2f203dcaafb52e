"""Numbers and computed columns for rows that are there."""

import sqlalchemy as sa
from alembic import op

revision = "f9a2346b9abb"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("a", sa.BigInteger(), sa.Identity(start=100)))  # found: add-column-identity
    op.add_column("users", sa.Column("b", sa.Integer(), sa.Computed("a * 2", persisted=True)))  # found: add-column-stored-generated
    op.add_column("users", sa.Column("c", sa.Integer(), sa.Computed("a * 2")))  # found: add-column-stored-generated
    op.execute("ALTER TABLE users ADD COLUMN d serial")  # found: add-column-identity


def downgrade():
    pass
