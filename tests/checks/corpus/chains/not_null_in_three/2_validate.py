"""The older rows are read, while others write."""

from alembic import op

revision = "2"
down_revision = "1"


def upgrade():
    op.execute("ALTER TABLE users VALIDATE CONSTRAINT ck_users_email")


def downgrade():
    pass
