"""Operations in a context that the revision makes itself."""

from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations

revision = "7c1f0b9a2d64"
down_revision = None


def upgrade():
    own = Operations(MigrationContext.configure(op.get_bind()))
    own.create_index("ix_users_age", "users", ["age"])  # found: create-index
    own.create_index_concurrently("ix_users_size", "users", ["size"])  # found: change-before-directive


def downgrade():
    pass
