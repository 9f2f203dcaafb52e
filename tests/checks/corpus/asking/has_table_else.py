"""The branch for a table that is there is not seen."""

import sqlalchemy as sa
from alembic import op

revision = "0ce7b6f1c05b"
down_revision = None


def upgrade():
    if sa.inspect(op.get_bind()).has_table("orders"):
        op.drop_table("orders")  # not looked at: condition of line 11 is false; overlooked: drop-table


def downgrade():
    pass
