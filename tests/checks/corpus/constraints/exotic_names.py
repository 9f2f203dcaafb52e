"""Names that have to be quoted, and long ones."""

from alembic import op

revision = "9fba7bad2f78"
down_revision = None


def upgrade():
    op.create_index("IX", "Order", ["select"])  # found: create-index
    op.create_unique_constraint("u" * 63, "user", ["e mail"])  # found: add-unique, several-tables
    op.create_check_constraint('a"b', "percent%", "x > 0")  # found: add-check, several-tables
    op.execute('ALTER TABLE "sch.ema"."ta;ble" DROP COLUMN "co--l"')  # found: drop-column, several-tables


def downgrade():
    pass
