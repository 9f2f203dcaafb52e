"""Models that a revision keeps for itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session, declarative_base

revision = "a79bb72b918c"
down_revision = None

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.Text)
    team_id = sa.Column(sa.ForeignKey("teams.id"))


class Team(Base):
    __tablename__ = "teams"
    id = sa.Column(sa.Integer, primary_key=True)
    users = sa.orm.relationship(User)


def upgrade():
    session = Session(op.get_bind())
    for user in session.query(User).filter(User.name.is_(None)):
        user.name = "nobody"  # not looked at: the loop of line 28 has nothing
    assert session.query(Team).first() is None
    assert session.get(User, 1) is None
    session.add(Team(users=[User(name="a"), User(name="b")]))
    session.flush()
    session.query(User).filter(User.name == "c").update({"name": "d"})  # found: change-rows
    session.query(User).filter(User.id < 0).delete(synchronize_session=False)  # found: change-rows
    session.commit()


def downgrade():
    pass
