"""A second transaction, while the first one holds its locks."""

import sqlalchemy as sa
from alembic import op

revision = "31152e1d59d4"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("age", sa.Integer()))
    with op.get_bind().engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE orders DROP COLUMN age"))  # found: drop-column, several-tables


def downgrade():
    pass
