"""A helper of the project: the line is that of the revision, not of the helper."""

from alembic import op
from shop_migrations.helpers import add_index, drop_columns

revision = "1"
down_revision = None


def upgrade():
    add_index("users", "age")  # found: create-index
    drop_columns("users", "size", "weight")  # found: drop-column x2
    op.drop_table("orders")  # found: drop-table, several-tables


def downgrade():
    pass
