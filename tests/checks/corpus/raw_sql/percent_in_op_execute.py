"""A percent sign is a percent sign; Alembic doubles it for the driver."""

from alembic import op

revision = "7df5a11e2bed"
down_revision = None


def upgrade():
    op.execute("UPDATE users SET discount = 50 WHERE plan LIKE '50%'")  # found: change-rows
    op.execute("UPDATE users SET a = 1 WHERE b % 2 = 0")  # found: change-rows
    op.execute("UPDATE users SET a = 1 WHERE plan LIKE '%small%'")  # found: change-rows
    op.execute("UPDATE users SET a = b %size")  # found: change-rows
    op.execute("CREATE INDEX ix ON users (id) WHERE name LIKE '%(id)s%'")  # found: create-index
    op.execute("COMMENT ON TABLE users IS '100%'")


def downgrade():
    pass
