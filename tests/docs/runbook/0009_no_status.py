"""no status: drop orders.status."""

from alembic_zdt import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.contract_drop_column("orders", "status")


def downgrade() -> None:
    op.irreversible("the statuses are gone")
