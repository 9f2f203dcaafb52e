"""A row is needed: it is said where, and what came before is looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0ee6db3449c6"
down_revision = None


def upgrade():
    op.drop_column("users", "age")  # found: drop-column
    owner = op.get_bind().execute(sa.text("SELECT id FROM users LIMIT 1")).scalar_one()  # not looked at: NoResultFound
    op.execute(f"UPDATE orders SET owner = {owner}")  # overlooked: change-rows


def downgrade():
    pass
