"""Beside the second."""

revision = "3"
down_revision = "1"


def upgrade():
    pass


def downgrade():
    pass
