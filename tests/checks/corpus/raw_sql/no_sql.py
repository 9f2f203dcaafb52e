"""What is no SQL, or of a version that is not known."""

from alembic import op

revision = "33fbfb52c22c"
down_revision = None


def upgrade():
    op.execute("DROP THE TABLE users")  # not looked at: not valid SQL
    op.execute("ALTER TABLE users RENAME COLUMN a b")  # not looked at: not valid SQL


def downgrade():
    pass
