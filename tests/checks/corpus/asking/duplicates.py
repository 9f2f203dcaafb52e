"""A look for duplicates before a unique constraint, which is never free."""

import sqlalchemy as sa
from alembic import op

revision = "d936f95511cb"
down_revision = None


def upgrade():
    bind = op.get_bind()
    twice = bind.execute(
        sa.text("SELECT email FROM users GROUP BY email HAVING count(*) > 1")
    ).fetchall()
    if twice:
        raise RuntimeError(f"duplicates: {twice[:5]}")
    op.create_unique_constraint("uq_users_email", "users", ["email"])  # found: add-unique


def downgrade():
    pass
