"""The other guard: what goes is not there, so it is not seen to go."""

import sqlalchemy as sa
from alembic import op

revision = "6943e00255c5"
down_revision = None


def upgrade():
    inspector = sa.inspect(op.get_bind())
    columns = {column["name"] for column in inspector.get_columns("users", schema="shop")}
    if "age" in columns:
        op.drop_column("users", "age", schema="shop")  # not looked at: condition of line 13 is false; overlooked: drop-column


def downgrade():
    pass
