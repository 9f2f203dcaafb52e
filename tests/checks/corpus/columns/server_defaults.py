"""Defaults that are the same for each row are free."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql import expression, func

revision = "fed465229c06"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("a", sa.Integer(), server_default="0", nullable=False))
    op.add_column("users", sa.Column("b", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("users", sa.Column("c", sa.DateTime(), server_default=func.now()))
    op.add_column("users", sa.Column("d", sa.DateTime(), server_default=sa.text("CURRENT_TIMESTAMP")))
    op.add_column("users", sa.Column("e", sa.JSON(), server_default=sa.text("'{}'::jsonb")))  # found: add-column-json
    op.add_column("users", sa.Column("f", sa.Text(), server_default=sa.literal("x (y)")))
    op.add_column("users", sa.Column("g", sa.Boolean(), server_default=expression.true()))
    op.add_column("users", sa.Column("h", sa.DateTime(), server_default=sa.text("(now() at time zone 'utc')")))
    op.add_column("users", sa.Column("i", sa.Text(), server_default="50%"))
    op.add_column("users", sa.Column("j", sa.Date(), server_default=func.current_date()))
    op.add_column("users", sa.Column("k", sa.DateTime(), server_default=sa.text("now() + interval '1 day'")))
    op.add_column("users", sa.Column("l", sa.ARRAY(sa.Text()), server_default=sa.text("ARRAY[]::varchar[]")))
    op.add_column("users", sa.Column("m", sa.Numeric(10, 2), server_default=sa.text("'0'::numeric(10, 2)")))
    op.add_column("users", sa.Column("n", sa.DateTime(), server_default=sa.text("CURRENT_TIMESTAMP(3)")))
    op.alter_column("users", "o", server_default=sa.true())
    op.alter_column("users", "p", server_default=func.now())
    op.alter_column("users", "q", server_default=None)  # found: drop-default


def downgrade():
    pass
