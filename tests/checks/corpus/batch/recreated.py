"""A table that is copied, as SQLite needs it: the old one goes."""

import sqlalchemy as sa
from alembic import op

revision = "aceb3baf9699"
down_revision = None


def upgrade():
    users = sa.Table("users", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("a", sa.Text))
    with op.batch_alter_table("users", recreate="always", copy_from=users) as batch:  # found: drop-table
        batch.drop_column("a")


def downgrade():
    pass
