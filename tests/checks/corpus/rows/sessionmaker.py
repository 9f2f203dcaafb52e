"""A factory of sessions, and an error that rolls back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import sessionmaker

revision = "e18da4a226c0"
down_revision = None

Local = sessionmaker()


def upgrade():
    session = Local(bind=op.get_bind())
    try:
        session.execute(sa.update(sa.table("users", sa.column("age"))).values(age=1))  # found: change-rows
        session.commit()
    except Exception:
        session.rollback()
        raise
    finally:
        session.close()


def downgrade():
    pass
