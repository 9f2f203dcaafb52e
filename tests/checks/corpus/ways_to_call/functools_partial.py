"""Half a call, then the rest of it."""

from functools import partial

import sqlalchemy as sa
from alembic import op

revision = "ba277c1b6d06"
down_revision = None

add = partial(op.add_column, "users")


def upgrade():
    add(sa.Column("code", sa.Text(), unique=True))  # found: add-column-unique


def downgrade():
    pass
