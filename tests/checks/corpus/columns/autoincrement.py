"""A new primary key: SQLAlchemy makes it SERIAL, so the table is written anew."""

import sqlalchemy as sa
from alembic import op

revision = "7ad670d3449a"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("id", sa.Integer(), primary_key=True))  # found: add-column-identity


def downgrade():
    pass
