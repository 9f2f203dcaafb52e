"""Defaults that differ from row to row are computed for each."""

import sqlalchemy as sa
from alembic import op

revision = "696f7d7d831d"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("a", sa.Uuid(), server_default=sa.func.gen_random_uuid()))  # found: add-column-volatile-default
    op.add_column("users", sa.Column("b", sa.Uuid(), server_default=sa.text("uuid_generate_v4()")))  # found: add-column-volatile-default
    op.add_column("users", sa.Column("c", sa.Float(), server_default=sa.text("random()")))  # found: add-column-volatile-default
    op.add_column("users", sa.Column("d", sa.Integer(), server_default=sa.text("nextval('s'::regclass)")))  # found: add-column-volatile-default
    op.add_column("users", sa.Column("e", sa.DateTime(), server_default=sa.func.clock_timestamp()))  # found: add-column-volatile-default
    op.add_column("users", sa.Column("f", sa.Text(), server_default=sa.text("upper(md5(random()::text))")))  # found: add-column-volatile-default


def downgrade():
    pass
