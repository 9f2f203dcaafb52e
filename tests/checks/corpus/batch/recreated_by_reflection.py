"""A copy of a table that only the database knows."""

from alembic import op

revision = "081b8caaeebd"
down_revision = None


def upgrade():
    op.drop_index("ix_users_age")  # found: drop-index
    with op.batch_alter_table("users", recreate="always") as batch:  # not looked at: NoSuchTableError
        batch.drop_column("age")  # overlooked: drop-column


def downgrade():
    pass
