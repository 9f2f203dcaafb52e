"""Colons: casts, escaped ones, and a parameter."""

import sqlalchemy as sa
from alembic import op

revision = "fd71bff189a5"
down_revision = None


def upgrade():
    bind = op.get_bind()
    op.execute("UPDATE users SET age = '1'::int WHERE data ->> '\\:x' = 'y'")  # found: change-rows
    op.execute("UPDATE users SET at = '2024-01-01 10:30:00'::timestamptz")  # found: change-rows
    bind.execute(  # found: change-rows
        sa.text("UPDATE users SET age = :age WHERE name = :name"), {"age": 1, "name": "x"}
    )
    bind.exec_driver_sql("DELETE FROM users WHERE data ->> ':x' = 'y'")  # found: change-rows
    op.execute(sa.text("DELETE FROM users WHERE id = :id").bindparams(id=1))  # found: change-rows
    op.execute("DELETE FROM users WHERE data ? 'a' OR data ?| array['b']")  # found: change-rows


def downgrade():
    pass
