"""Names and types from a dictionary."""

import sqlalchemy as sa
from alembic import op

revision = "5250977ce14a"
down_revision = None

COLUMNS = {
    "age": sa.Integer(),
    "size": sa.Numeric(10, 2),
    "note": sa.Text(),
}


def upgrade():
    for name, kind in COLUMNS.items():
        op.add_column("users", sa.Column(name, kind, nullable=name == "note"))  # found: add-column-not-null x2


def downgrade():
    for name in reversed(COLUMNS):
        op.drop_column("users", name)  # back, found: drop-column x3
