"""The connection commits what Alembic has begun: what follows is rolled back at the end."""

from alembic import op

revision = "ace0f6e5b308"
down_revision = None


def upgrade():
    bind = op.get_bind()
    op.drop_column("users", "age")  # found: drop-column
    bind.commit()  # found: control-transaction
    op.drop_column("users", "size")  # found: drop-column


def downgrade():
    pass
