"""Errors that are swallowed: a savepoint would be needed."""

import sqlalchemy as sa
from alembic import op

revision = "2f90dd3044a1"
down_revision = None


def upgrade():
    try:
        op.drop_index("ix_users_age", table_name="users")
    except Exception:
        pass
    try:
        with op.get_bind().begin_nested():
            op.drop_constraint("ck", "users")
    except sa.exc.ProgrammingError:
        op.drop_table("users")
    finally:
        op.drop_column("users", "age")  # found: drop-column


def downgrade():
    pass
