"""In a thread of its own."""

from concurrent.futures import ThreadPoolExecutor

from alembic import op

revision = "fb5fa8ab781b"
down_revision = None


def away(table):
    op.drop_table(table)  # found: drop-table


def upgrade():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(away, "orders").result()


def downgrade():
    pass
