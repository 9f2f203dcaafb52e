"""Doubled by somebody who knows drivers: in op.execute() PostgreSQL gets both."""

from alembic import op

revision = "fd1918853a93"
down_revision = None


def upgrade():
    op.execute("UPDATE users SET plan = '50%%' WHERE plan LIKE '50%%'")  # found: change-rows


def downgrade():
    pass
