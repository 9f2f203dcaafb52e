"""A decorator of an application that is not here."""

from alembic import op

revision = "11962fe3fd98"
down_revision = None

# stub: shop_that_is_not_here
from alembic import op
from shop_that_is_not_here import migrations

@migrations.retried(times=3)
@migrations.timed
def upgrade():
    op.drop_table("orders")  # found: drop-table


def downgrade():
    pass
