"""A table whose columns only a database knows."""

import sqlalchemy as sa
from alembic import op

revision = "16280ea444d0"
down_revision = None


def upgrade():
    op.drop_index("ix_users_age")  # found: drop-index
    users = sa.Table("users", sa.MetaData(), autoload_with=op.get_bind())  # not looked at: NoSuchTableError
    op.execute(users.update().values(age=1))  # overlooked: change-rows


def downgrade():
    pass
