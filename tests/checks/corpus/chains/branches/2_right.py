"""The other branch, which needs something of the first."""

import sqlalchemy as sa
from alembic import op

revision = "2r"
down_revision = "1"
depends_on = "2l"


def upgrade():
    op.add_column("orders", sa.Column("a", sa.Integer(), nullable=False))  # found: add-column-not-null


def downgrade():
    op.drop_column("orders", "a")  # back, found: drop-column
