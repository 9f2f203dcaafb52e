"""Only some of the tables, checked or not."""

import sqlalchemy as sa
from alembic import op

revision = "8850b133c6c6"
down_revision = None

metadata = sa.MetaData()
users = sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True))
orders = sa.Table("orders", metadata, sa.Column("id", sa.Integer, index=True))


def upgrade():
    metadata.create_all(bind=op.get_bind(), tables=[orders], checkfirst=False)  # found: create-all
    op.create_index("ix_orders_more", "orders", ["id"], unique=True)


def downgrade():
    metadata.drop_all(op.get_bind(), tables=[orders], checkfirst=False)  # back, found: create-all, drop-table
