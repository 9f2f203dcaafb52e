"""One call, several statements, several findings."""

import sqlalchemy as sa
from alembic import op

revision = "8deaa5dd1c6a"
down_revision = None


def upgrade():
    op.alter_column(  # found: alter-column-type, rename-column, set-not-null
        "users",
        "a",
        existing_type=sa.Integer(),
        type_=sa.BigInteger(),
        new_column_name="b",
        nullable=False,
        server_default="0",
    )


def downgrade():
    pass
