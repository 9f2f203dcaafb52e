"""Partitions of a table that is used."""

from alembic import op

revision = "ea2684ade558"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM (1) TO (9)")  # found: create-partition
    op.execute("ALTER TABLE events DETACH PARTITION events_2020")  # found: detach-partition
    op.execute("ALTER TABLE events ATTACH PARTITION events_2021 FOR VALUES FROM (10) TO (19)")  # found: attach-partition


def downgrade():
    pass
