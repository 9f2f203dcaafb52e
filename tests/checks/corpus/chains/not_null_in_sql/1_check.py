"""The same by SQL alone."""

from alembic import op

revision = "1"
down_revision = None


def upgrade():
    op.execute(
        'ALTER TABLE "Users" ADD CONSTRAINT ck CHECK ("E-Mail" IS NOT NULL) NOT VALID'
    )


def downgrade():
    op.execute('ALTER TABLE "Users" DROP CONSTRAINT ck')
