"""Where a function has a docstring and nothing else."""

from alembic import op

revision = "4ea6abe63e0d"
down_revision = None


def upgrade():
    """Nothing is left to be done."""


def downgrade():
    """Nor here."""
