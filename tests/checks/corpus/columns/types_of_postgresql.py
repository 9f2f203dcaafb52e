"""Types that only PostgreSQL has; nothing is written anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.types import UserDefinedType

revision = "78370c9a18b6"
down_revision = None


class Vector(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_kw):
        return "vector(3)"


def upgrade():
    for number, kind in enumerate(
        [pg.JSONB(), pg.INET(), pg.TSVECTOR(), pg.ARRAY(sa.Text()), pg.INT4RANGE(), pg.HSTORE(), Vector()]
    ):
        op.add_column("users", sa.Column(f"c{number}", kind, nullable=True))
    op.create_index("ix", "users", ["c2"], postgresql_using="gin")  # found: create-index


def downgrade():
    pass
