"""A type for each database."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql, postgresql

revision = "05df753b285e"
down_revision = None

data = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
number = sa.BigInteger().with_variant(mysql.BIGINT(unsigned=True), "mysql")


def upgrade():
    op.add_column("users", sa.Column("data", data, nullable=True))
    op.add_column("users", sa.Column("number", number, nullable=False))  # found: add-column-not-null


def downgrade():
    pass
