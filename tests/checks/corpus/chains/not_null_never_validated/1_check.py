"""A CHECK that nobody has validated."""

from alembic import op

revision = "1"
down_revision = None


def upgrade():
    op.create_check_constraint(
        "ck_users_email", "users", "email IS NOT NULL", postgresql_not_valid=True
    )


def downgrade():
    op.drop_constraint("ck_users_email", "users")
