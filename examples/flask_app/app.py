"""Users are made and found; the new code calls their column address."""

from __future__ import annotations

import os

from flask import Flask, abort
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The base of all models."""


class User(Base):
    """Somebody with an address."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str | None]


db = SQLAlchemy(model_class=Base)


def create_app() -> Flask:
    """Return the application."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    db.init_app(app)
    Migrate(app, db)
    app.add_url_rule("/users/<address>", view_func=create, methods=["POST"])
    app.add_url_rule("/users/<int:number>", view_func=find)
    return app


def create(address: str) -> str:
    """Return the identifier of the new user."""
    user = User(address=address)
    db.session.add(user)
    db.session.commit()
    return str(user.id)


def find(number: int) -> str:
    """Return the address of a user."""
    user = db.session.get(User, number)
    if user is None:
        abort(404)
    return str(user.address)
