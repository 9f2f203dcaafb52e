"""Directives of ours for columns and their types."""

import sqlalchemy as sa
from alembic import op

revision = "59fdd5dfe2ff"
down_revision = None


def upgrade():
    op.expand_add_column("users", sa.Column("age", sa.Integer(), nullable=False, server_default="0"))
    op.expand_rename_column("users", "mail", "email")
    op.migrate_rename_column("users", "mail", "email")
    op.contract_rename_column("users", "mail", "email")
    op.expand_alter_column_type("users", "id", sa.BigInteger())
    op.migrate_alter_column_type("users", "id", sa.BigInteger())
    op.contract_alter_column_type("users", "id", sa.BigInteger())
    op.expand_drop_column("users", "size")
    op.contract_drop_column("users", "size")
    op.backfill("users", {"age": "1"}, where="age IS NULL")


def downgrade():
    pass
