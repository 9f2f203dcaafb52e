"""An index of a partitioned table, without its partitions first."""

from alembic import op

revision = "b771f5835afb"
down_revision = None


def upgrade():
    op.execute("CREATE INDEX ix ON ONLY events (at)")
    op.execute("CREATE INDEX ix_2024 ON events_2024 (at)")  # found: create-index
    op.execute("ALTER INDEX ix ATTACH PARTITION ix_2024")


def downgrade():
    pass
