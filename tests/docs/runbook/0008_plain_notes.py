"""plain notes: orders.note in lower case, in the background."""

from alembic_zdt import op

revision = "0008"
down_revision = "0007_contract"


def upgrade() -> None:
    op.backfill(
        "orders",
        {"note": "lower(note)"},
        where="note <> lower(note)",
        name="plain notes",
        mode="background",
    )


def downgrade() -> None:
    op.irreversible("the capitals are gone")
