"""capitals"""

from __future__ import annotations

import sqlalchemy as sa

from alembic_zdt import op

revision = "4f1c2d7a9b3e"
down_revision = "0003"


def upgrade():
    op.add_column("states", sa.Column("capital", sa.Text))


def downgrade():
    op.drop_column("states", "capital")
