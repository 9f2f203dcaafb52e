"""public.users and users are one table."""

import sqlalchemy as sa
from alembic import op

revision = "74a9f1223a4b"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("age", sa.Integer()), schema="public")
    op.add_column("users", sa.Column("size", sa.Integer()))
    op.execute("ALTER TABLE public.users ADD COLUMN weight int")


def downgrade():
    pass
