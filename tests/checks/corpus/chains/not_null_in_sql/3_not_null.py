"""One column is proven, the other is not."""

from alembic import op

revision = "3"
down_revision = "2"


def upgrade():
    op.execute('ALTER TABLE "Users" ALTER COLUMN "E-Mail" SET NOT NULL')
    op.execute('ALTER TABLE "Users" ALTER COLUMN "Name" SET NOT NULL')  # found: set-not-null


def downgrade():
    op.execute('ALTER TABLE "Users" ALTER COLUMN "E-Mail" DROP NOT NULL')  # back, found: drop-not-null
