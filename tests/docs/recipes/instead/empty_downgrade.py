"""A table."""

import sqlalchemy as sa
from alembic import op

revision = "empty_downgrade"
down_revision = "tables"


def upgrade():
    op.create_table("teams", sa.Column("id", sa.BigInteger(), primary_key=True))


def downgrade():
    op.contract_drop_table("teams")
