"""Nothing, nearly nothing, and a semicolon too many."""

from alembic import op

revision = "40388804021f"
down_revision = None


def upgrade():
    op.execute("")
    op.execute("  \n")
    op.execute(";")
    op.execute("-- nothing")
    op.execute("DROP TABLE orders;;")  # found: drop-table


def downgrade():
    pass
