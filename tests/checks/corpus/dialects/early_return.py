"""SQLite leaves early."""

from alembic import op

revision = "237771e5d1b6"
down_revision = None


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        return
    op.create_check_constraint("ck_users_age", "users", "age > 0")  # found: add-check


def downgrade():
    pass
