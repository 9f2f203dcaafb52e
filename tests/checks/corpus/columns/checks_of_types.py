"""Types that bring a CHECK with them."""

import sqlalchemy as sa
from alembic import op

revision = "f433e9ecbc31"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("a", sa.Boolean(create_constraint=True, name="ck_a")))
    op.add_column(  # found: add-column-check
        "users",
        sa.Column("b", sa.Enum("x", "y", native_enum=False, create_constraint=True, name="ck_b")),
    )
    op.add_column("users", sa.Column("c", sa.Enum("x", "y", native_enum=False)))


def downgrade():
    pass
