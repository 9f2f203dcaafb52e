"""A sequence, a default that is only for new rows."""

import sqlalchemy as sa
from alembic import op

revision = "88a7d8baf70c"
down_revision = None


def upgrade():
    op.execute(sa.schema.CreateSequence(sa.Sequence("users_number_seq")))
    op.add_column("users", sa.Column("number", sa.Integer()))
    op.alter_column("users", "number", server_default=sa.text("nextval('users_number_seq')"))


def downgrade():
    pass
