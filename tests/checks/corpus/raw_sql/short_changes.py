"""ACCESS EXCLUSIVE for a moment, and nothing is read."""

from alembic import op

revision = "d23162104a9c"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE users ADD COLUMN IF NOT EXISTS age int")
    op.execute("ALTER TABLE users ALTER COLUMN age SET DEFAULT 1, ALTER COLUMN age DROP NOT NULL")  # found: drop-not-null
    op.execute("ALTER TABLE users DROP CONSTRAINT IF EXISTS ck_users_age")
    op.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")  # found: alter-policy
    op.execute("ALTER TABLE users OWNER TO CURRENT_USER")
    op.execute("ALTER TABLE users RENAME CONSTRAINT a TO b")
    op.execute("ALTER INDEX ix_users_age RENAME TO ix_users_years")


def downgrade():
    pass
