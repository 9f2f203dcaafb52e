"""All tables are reflected: there are none."""

import sqlalchemy as sa
from alembic import op

revision = "f67712a45849"
down_revision = None


def upgrade():
    metadata = sa.MetaData()
    metadata.reflect(bind=op.get_bind())
    for table in metadata.sorted_tables:
        op.add_column(table.name, sa.Column("tenant", sa.Integer(), nullable=False))  # not looked at: the loop of line 13 has nothing


def downgrade():
    pass
