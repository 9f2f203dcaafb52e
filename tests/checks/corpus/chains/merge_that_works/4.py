"""A merge in which something is done, too."""

from alembic import op

revision = "4"
down_revision = ("2", "3")


def upgrade():
    op.create_index("ix_users_age", "users", ["age"])  # found: create-index


def downgrade():
    op.drop_index("ix_users_age")  # back, found: drop-index
