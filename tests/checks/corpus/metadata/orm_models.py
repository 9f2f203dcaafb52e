"""Classes of the ORM, whose tables are made and filled."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

revision = "1d24fcd732fe"
down_revision = None


class Base(DeclarativeBase):
    pass


class Country(Base):
    __tablename__ = "countries"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(2), unique=True)


def upgrade():
    bind = op.get_bind()
    Base.metadata.create_all(bind=bind, tables=[Country.__table__])  # found: create-all
    with Session(bind) as session:
        session.add_all([Country(code="de"), Country(code="fr")])
        session.flush()
        session.execute(sa.update(Country).values(code=sa.func.upper(Country.code)))
        session.commit()


def downgrade():
    pass
