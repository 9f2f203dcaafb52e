"""Models of the application, whose tables are made and whose rows are changed."""

import sqlalchemy as sa
from alembic import op
from shop_models import Base, Order, User
from sqlalchemy.orm import Session

revision = "1"
down_revision = None


def upgrade():
    bind = op.get_bind()
    Base.metadata.create_all(bind, tables=[Order.__table__])  # found: create-all
    op.create_index("ix_orders_buyer", "orders", ["buyer_id"])
    session = Session(bind=bind)
    session.execute(sa.update(User).values(name=sa.func.lower(User.name)))  # found: change-rows, ddl-and-rows
    session.commit()


def downgrade():
    Order.__table__.drop(op.get_bind())  # back, found: drop-table
