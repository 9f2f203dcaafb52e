"""The same by constructs."""

import sqlalchemy as sa
from alembic import op

revision = "6ace5e040367"
down_revision = None


def upgrade():
    users = sa.table("users", sa.column("id"), sa.column("email"))
    bind = op.get_bind()
    without = bind.scalar(
        sa.select(sa.func.count()).select_from(users).where(users.c.email.is_(None))
    )
    if without:
        raise RuntimeError(f"{without} users have no email")
    assert bind.execute(sa.select(users.c.id, users.c.email)).mappings().all() == []
    op.alter_column("users", "email", nullable=False)  # found: set-not-null


def downgrade():
    pass
