"""A foreign key stops writes of both tables."""

from alembic import op

revision = "8da6022c6be7"
down_revision = None


def upgrade():
    op.create_foreign_key("a", "orders", "users", ["buyer"], ["id"])  # found: add-foreign-key
    op.create_foreign_key("b", "orders", "users", ["x"], ["id"], postgresql_not_valid=True)
    op.create_foreign_key(None, "orders", "teams", ["team"], ["id"], referent_schema="shop")  # found: add-foreign-key, several-tables


def downgrade():
    pass
