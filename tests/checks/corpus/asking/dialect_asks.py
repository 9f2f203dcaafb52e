"""The dialect is asked, as old revisions do."""

import sqlalchemy as sa
from alembic import op

revision = "8b00bba0af83"
down_revision = None


def upgrade():
    bind = op.get_bind()
    if not bind.dialect.has_table(bind, "orders"):
        op.create_table("orders", sa.Column("id", sa.Integer()))
    if "age" not in [column["name"] for column in bind.dialect.get_columns(bind, "users")]:
        op.add_column("users", sa.Column("age", sa.Text(), unique=True))  # found: add-column-unique
    if not bind.dialect.has_index(bind, "users", "ix_users_age"):
        op.create_index("ix_users_age", "users", ["age"])  # found: create-index


def downgrade():
    pass
