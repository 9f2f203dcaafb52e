"""The name of a directive is put together."""

from alembic import op

revision = "ef682c4af72f"
down_revision = None


def upgrade():
    for verb in ("drop",):
        getattr(op, f"{verb}_table")("orders")  # found: drop-table


def downgrade():
    pass
