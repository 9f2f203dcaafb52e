"""A session on the connection."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

revision = "d7df31e3fb47"
down_revision = None


def upgrade():
    session = Session(bind=op.get_bind())
    session.execute(sa.text("UPDATE users SET age = 1"))  # found: change-rows
    session.commit()
    session.execute(sa.text("DELETE FROM orders"))  # found: change-rows
    session.close()


def downgrade():
    pass
