"""Indexes with all that they can have are built all the same."""

import sqlalchemy as sa
from alembic import op

revision = "664d74d48dcc"
down_revision = None


def upgrade():
    op.create_index("a", "users", [sa.text("lower(email)")], unique=True)  # found: create-index
    op.create_index("b", "users", ["a", sa.text("b DESC NULLS LAST")], postgresql_where=sa.text("a > 1"))  # found: create-index
    op.create_index("c", "users", ["d"], postgresql_using="gin", postgresql_ops={"d": "gin_trgm_ops"})  # found: create-index
    op.create_index("e", "users", ["f"], postgresql_include=["g"], postgresql_with={"fillfactor": 80})  # found: create-index
    op.create_index("i", "users", [sa.func.lower(sa.column("x"))], postgresql_concurrently=False)  # found: create-index


def downgrade():
    pass
