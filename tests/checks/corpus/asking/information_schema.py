"""The catalog by SQL."""

import sqlalchemy as sa
from alembic import op

revision = "e350c8accc0f"
down_revision = None


def upgrade():
    bind = op.get_bind()
    found = bind.execute(
        sa.text(
            "SELECT 1 FROM information_schema.columns"
            " WHERE table_name = :table AND column_name = :column"
        ),
        {"table": "users", "column": "age"},
    ).fetchone()
    if found is None:
        op.alter_column("users", "years", new_column_name="age")  # found: rename-column
    if bind.execute(sa.text("SELECT to_regclass('public.orders')")).scalar() is None:
        op.rename_table("purchases", "orders")  # found: rename-table, several-tables


def downgrade():
    pass
