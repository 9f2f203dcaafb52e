"""A revision whose function another one calls again."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade():
    op.create_index("ix_users_age", "users", ["age"])  # found: create-index


def downgrade():
    op.drop_index("ix_users_age")  # back, found: drop-index
