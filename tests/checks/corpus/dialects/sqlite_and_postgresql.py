"""Batches for SQLite, ALTER TABLE for the others."""

from alembic import op

revision = "eeeff29d3dad"
down_revision = None


def upgrade():
    bind = op.get_bind()
    if bind.engine.name == "sqlite":
        with op.batch_alter_table("users", recreate="always") as batch:
            batch.drop_column("age")
    else:
        op.drop_column("users", "age")  # found: drop-column


def downgrade():
    pass
