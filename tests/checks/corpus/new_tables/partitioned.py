"""A partitioned table and its partitions."""

import sqlalchemy as sa
from alembic import op

revision = "720031276c45"
down_revision = None


def upgrade():
    op.create_table(
        "events",
        sa.Column("at", sa.DateTime(), nullable=False),
        postgresql_partition_by="RANGE (at)",
    )
    for year in (2024, 2025):
        op.execute(
            f"CREATE TABLE events_{year} PARTITION OF events"
            f" FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
        )
    op.create_index("ix_events_at", "events", ["at"])


def downgrade():
    pass
