"""Functions without names."""

from alembic import op

revision = "d3b04a8fe18b"
down_revision = None

steps = [
    lambda: op.drop_index("ix_users_age"),  # found: drop-index
    lambda: op.drop_column("users", "age"),  # found: drop-column
]


def upgrade():
    for step in steps:
        step()


def downgrade():
    pass
