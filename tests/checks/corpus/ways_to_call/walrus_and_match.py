"""Newer syntax."""

import sqlalchemy as sa
from alembic import op

revision = "1081911a2ae2"
down_revision = None


def upgrade():
    match op.get_context().dialect.name:
        case "postgresql":
            if (kind := sa.BigInteger()) is not None:
                op.alter_column("users", "id", type_=kind)  # found: alter-column-type
        case _:
            raise NotImplementedError


def downgrade():
    pass
