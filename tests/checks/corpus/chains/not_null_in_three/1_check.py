"""NOT NULL in three revisions: a CHECK for new rows, validated, then SET NOT NULL."""

from alembic import op

revision = "1"
down_revision = None


def upgrade():
    op.create_check_constraint(
        "ck_users_email", "users", "email IS NOT NULL", postgresql_not_valid=True
    )


def downgrade():
    op.drop_constraint("ck_users_email", "users")
