"""A loop until nothing is left: what changes nothing ends it."""

import sqlalchemy as sa
from alembic import op

revision = "f57acfb82925"
down_revision = None


def upgrade():
    bind = op.get_bind()
    while True:
        done = bind.execute(  # found: change-rows
            sa.text(
                "UPDATE users SET age = 0 WHERE id IN"
                " (SELECT id FROM users WHERE age IS NULL LIMIT 1000)"
            )
        )
        if done.rowcount == 0:
            break


def downgrade():
    pass
