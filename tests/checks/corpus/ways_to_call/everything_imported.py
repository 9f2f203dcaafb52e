"""All of the names of ``op`` at once."""

from alembic.op import *  # noqa: F403
from sqlalchemy import *  # noqa: F403

revision = "87112b7f2901"
down_revision = None


def upgrade():
    add_column("users", Column("age", Integer(), nullable=False))  # found: add-column-not-null


def downgrade():
    pass
