"""Settings are asked for and changed."""

import sqlalchemy as sa
from alembic import op

revision = "8773c0af70f1"
down_revision = None


def upgrade():
    bind = op.get_bind()
    before = bind.execute(sa.text("SHOW lock_timeout")).scalar()
    op.execute("SET lock_timeout = '2s'")
    op.execute("SET LOCAL statement_timeout = 0")  # found: set-timeout
    op.execute(sa.text("SELECT set_config('shop.user', :user, true)").bindparams(user="me"))
    op.drop_column("users", "age")  # found: drop-column
    op.execute("RESET lock_timeout")


def downgrade():
    pass
