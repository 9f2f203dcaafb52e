"""What the server can do."""

import sqlalchemy as sa
from alembic import op

revision = "5808e7d2771f"
down_revision = None


def upgrade():
    bind = op.get_bind()
    assert bind.dialect.server_version_info >= (14,)
    number = int(bind.execute(sa.text("SHOW server_version_num")).scalar())
    if number >= 140000:
        op.execute("ALTER TABLE users ALTER COLUMN note SET COMPRESSION lz4")
    version = bind.execute(sa.text("SELECT version()")).scalar()
    if not version.startswith("PostgreSQL"):
        op.drop_table("orders")


def downgrade():
    pass
