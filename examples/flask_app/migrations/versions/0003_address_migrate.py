"""Rename email to address: migrate.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic_zdt import op

revision: str = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Change the schema."""
    op.migrate_rename_column("users", "email", "address")


def downgrade() -> None:
    """Revert the change."""
    # The downgrade of the expand ends the window.
