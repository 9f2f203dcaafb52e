"""Its tables."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What has a table."""


class User(Base):
    """Somebody."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    email: Mapped[str | None] = mapped_column(Text)
    email_lower: Mapped[str | None] = mapped_column(Text)
    fax: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_users_email", "email"),)


class State(Base):
    """One of fifty."""

    __tablename__ = "states"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    capital: Mapped[str | None] = mapped_column(Text)
