"""An empty revision."""

from alembic import op

revision = "ad2a49cbd79e"
down_revision = None


def upgrade():
    pass


def downgrade():
    pass
