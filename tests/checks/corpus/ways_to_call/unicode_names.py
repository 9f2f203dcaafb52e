"""Letters of the world."""

import sqlalchemy as sa
from alembic import op

revision = "a713e5bad045"
down_revision = None

TABELLE = "größen"


def upgrade():
    op.add_column(TABELLE, sa.Column("höhe", sa.Integer(), nullable=False))  # found: add-column-not-null
    op.execute('ALTER TABLE "größen" DROP COLUMN "länge"')  # found: drop-column
    op.drop_index("ix_größen_höhe_日本")  # found: drop-index


def downgrade():
    pass
