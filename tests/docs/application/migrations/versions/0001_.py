"""users, states"""

from __future__ import annotations

import sqlalchemy as sa

from alembic_zdt import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("email", sa.Text),
        sa.Column("email_lower", sa.Text),
        sa.Column("fax", sa.Text),
    )
    op.create_table(
        "states",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("name", sa.Text),
    )
    op.execute("INSERT INTO users VALUES (1, 'ann@example.com')")


def downgrade():
    op.drop_table("states")
    op.drop_table("users")
