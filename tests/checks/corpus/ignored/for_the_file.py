"""One comment for all of the file."""

from alembic import op

revision = "a582b88d3600"
down_revision = None


def upgrade():
    # zdt: ignore-file[create-index] they are empty
    for table in ("users", "items"):
        op.create_index(f"ix_{table}", table, ["id"])  # found: several-tables
    op.drop_table("users")  # found: drop-table


def downgrade():
    pass
