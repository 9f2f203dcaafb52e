"""There is no way back, and a directive of ours says so."""

from alembic import op

revision = "6f2b90c1a7d3"
down_revision = None


def upgrade():
    op.drop_column("users", "age")  # found: drop-column


def downgrade():
    op.irreversible("the ages are gone")
