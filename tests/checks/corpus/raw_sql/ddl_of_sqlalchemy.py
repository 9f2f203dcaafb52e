"""Constructs of SQLAlchemy, by op.execute()."""

import sqlalchemy as sa
from alembic import op

revision = "a335526f5300"
down_revision = None


def upgrade():
    users = sa.Table("users", sa.MetaData(), sa.Column("email", sa.Text()))
    op.execute(sa.schema.CreateIndex(sa.Index("ix", users.c.email)))  # found: create-index
    op.execute(sa.schema.DropIndex(sa.Index("iy", users.c.email)))  # found: drop-index
    op.execute(sa.schema.AddConstraint(sa.UniqueConstraint(users.c.email, name="u")))  # found: add-unique
    op.execute(sa.schema.DropTable(users))  # found: drop-table
    op.execute(sa.schema.CreateSequence(sa.Sequence("s")))


def downgrade():
    pass
