"""A table with all that a table can have."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "42ae2253a1ae"
down_revision = None


def upgrade():
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("token", sa.Uuid(), server_default=sa.text("gen_random_uuid()")),
        sa.Column("buyer_id", sa.Integer(), sa.ForeignKey("users.id"), index=True),
        sa.Column("code", sa.String(20), unique=True, nullable=False),
        sa.Column("net", sa.Numeric(10, 2), nullable=False),
        sa.Column("gross", sa.Numeric(10, 2), sa.Computed("net * 1.19", persisted=True)),
        sa.Column("during", postgresql.TSTZRANGE()),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}"),
        sa.CheckConstraint("net >= 0", name="ck_orders_net"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("buyer_id", "code", name="uq_orders_code"),
        postgresql.ExcludeConstraint(("during", "&&"), name="ex_orders_during"),
        comment="what people buy",
    )


def downgrade():
    pass
