"""A column that is filled and NOT NULL."""

import sqlalchemy as sa
from alembic import op

revision = "one_update"
down_revision = "tables"


def upgrade():
    # Expand: before the new code, which writes the column, is deployed.
    op.expand_add_column("users", sa.Column("login", sa.Text()))
    # Migrate: in the next release, when every process writes the column.
    op.backfill("users", {"login": "lower(email)"})
    # Contract: after every old process is gone.
    op.add_not_null_two_phase("users", "login")


def downgrade():
    op.contract_drop_column("users", "login")
