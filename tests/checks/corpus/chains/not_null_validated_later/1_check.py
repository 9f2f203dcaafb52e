"""A CHECK whose validation is only queued."""

from alembic import op

revision = "1"
down_revision = None


def upgrade():
    op.create_check_constraint_two_phase(
        "ck_users_email", "users", "email IS NOT NULL", validate=False
    )
    op.validate_constraint("ck_users_email", "users", mode="background")


def downgrade():
    op.drop_constraint_safely("ck_users_email", "users")
