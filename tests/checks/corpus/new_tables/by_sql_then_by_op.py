"""Made by SQL, changed by directives."""

import sqlalchemy as sa
from alembic import op

revision = "174a32af51ec"
down_revision = None


def upgrade():
    op.execute(sa.text("CREATE TABLE shop.orders (id int, code text)"))
    op.create_index("ix", "orders", ["code"], schema="shop")
    op.alter_column("orders", "code", nullable=False, schema="shop")


def downgrade():
    pass
