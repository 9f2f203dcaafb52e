"""An engine of its own, whose server is not there."""

import sqlalchemy as sa
from alembic import op

revision = "447fe22996af"
down_revision = None


def upgrade():
    op.drop_column("users", "age")  # found: drop-column
    engine = sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nowhere")
    engine.connect()  # not looked at: it fails without a database
    op.drop_column("users", "size")  # overlooked: drop-column


def downgrade():
    pass
