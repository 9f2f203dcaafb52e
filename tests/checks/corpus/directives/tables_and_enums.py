"""Directives of ours for tables and types."""

from alembic import op

revision = "14299afef77a"
down_revision = None


def upgrade():
    op.expand_rename_table("orders", "purchases")
    op.contract_rename_table("orders", "purchases")
    op.contract_drop_table("items")
    op.add_enum_value("kind", "huge")


def downgrade():
    pass
