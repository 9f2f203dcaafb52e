"""Nothing is read: the CHECK proves it."""

from alembic import op

revision = "3"
down_revision = "2"


def upgrade():
    op.alter_column("users", "email", nullable=False)
    op.drop_constraint("ck_users_email", "users")


def downgrade():
    op.alter_column("users", "email", nullable=True)  # back, found: drop-not-null
