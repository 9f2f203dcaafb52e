"""A helper that every revision of a project has."""

import sqlalchemy as sa
from sqlalchemy.engine.reflection import Inspector
from alembic import op

revision = "c56b2ef783b2"
down_revision = None


def has_column(table, name):
    inspector = Inspector.from_engine(op.get_bind())
    return any(each["name"] == name for each in inspector.get_columns(table))


def upgrade():
    if not has_column("users", "age"):
        op.add_column("users", sa.Column("age", sa.Integer(), index=True))  # found: add-column-index


def downgrade():
    if has_column("users", "age"):
        op.drop_column("users", "age")  # back, not looked at: condition of line 22 is false; back, overlooked: drop-column
