"""alembic_utils: a materialized view and its index."""

from alembic import op  # process: own
from alembic_utils.pg_materialized_view import PGMaterializedView

revision = "4600c40e3b7d"
down_revision = None

totals = PGMaterializedView(
    schema="public", signature="totals", definition="SELECT count(*) AS n FROM users"
)


def upgrade():
    op.create_entity(totals)
    op.create_index("ix_totals", "totals", ["n"], unique=True)


def downgrade():
    pass
