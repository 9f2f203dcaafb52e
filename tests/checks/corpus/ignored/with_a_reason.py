"""What somebody has looked at, and lets be; on the way back it has not gone."""

from alembic import op

revision = "a2e3b0d054c9"
down_revision = None


def upgrade():
    op.create_index("ix", "states", ["name"])  # zdt: ignore[create-index] 50 rows
    # zdt: ignore[drop-column] unused since 2023
    op.drop_column("states", "size")
    op.drop_column("states", "age")  # found: drop-column


def downgrade():
    pass
