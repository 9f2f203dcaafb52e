"""For the sake of its effects."""

from alembic import op

revision = "a283d60b5d9d"
down_revision = None


def upgrade():
    [op.drop_column("users", name) for name in ("age", "size")]  # found: drop-column x2


def downgrade():
    pass
