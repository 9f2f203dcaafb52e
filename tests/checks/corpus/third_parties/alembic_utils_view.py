"""alembic_utils: a view, made and replaced."""

from alembic import op  # process: own
from alembic_utils.pg_view import PGView

revision = "7217677e6a13"
down_revision = None

adults = PGView("public", "adults", "SELECT id FROM users WHERE name NOT LIKE '50%'")


def upgrade():
    op.create_entity(adults)
    op.replace_entity(adults)  # not looked at: DROP VIEW


def downgrade():
    op.drop_entity(adults)  # back, not looked at: DROP VIEW
