"""Rows that are known, by the ORM: each is an UPDATE by its key."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import DeclarativeBase, Session

revision = "16ccb08bbc8a"
down_revision = None


class Base(DeclarativeBase):
    pass


class Kind(Base):
    __tablename__ = "kinds"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.Text)


def upgrade():
    session = Session(bind=op.get_bind())
    session.bulk_save_objects([Kind(name="small"), Kind(name="large")])
    session.bulk_update_mappings(Kind, [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])  # found: change-rows
    session.flush()


def downgrade():
    pass
