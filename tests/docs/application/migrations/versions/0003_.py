"""fill users.email_lower"""

from __future__ import annotations

from alembic_zdt import op

revision = "0003"
down_revision = "0002"


def upgrade():
    op.backfill("users", {"email_lower": "lower(email)"}, mode="background")
    op.reindex_concurrently("ix_users_email", mode="background")


def downgrade():
    pass
