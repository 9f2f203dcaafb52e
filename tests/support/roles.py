"""Roles without privileges: the application's, and the migrator's."""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import make_url

from tests.support.db import Db
from tests.support.project import Project

PASSWORD = secrets.token_hex(8)


@contextlib.contextmanager
def role(db: Db, kind: str, *options: str) -> Iterator[str]:
    """Yield the name of a role that may use the test's schema; dropped afterwards."""
    name = f"{db.schema}_{kind}"
    written = " ".join(options)
    db.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' {written}")
    db.execute(f"GRANT ALL ON SCHEMA {db.schema} TO {name}")
    try:
        yield name
    finally:
        db.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE usename = %s",
            name,
        )
        db.execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}")
        db.execute(f"DROP ROLE {name}")


@contextlib.contextmanager
def session_of(db: Db, name: str) -> Iterator[Db]:
    """Yield a session of that role, in autocommit until it executes BEGIN."""
    with db.session() as other:
        other.connection.close()
        other.connection = psycopg.connect(
            db.server.dsn(db.database),
            user=name,
            password=PASSWORD,
            autocommit=True,
            options=f"-c search_path={db.schema}",
            application_name="zdt-test",
        )
        yield other


@dataclass(frozen=True)
class Creator:
    """A role that may create databases.

    Attributes:
        name: its name.
        url: the URL of a database from which it can create others.
    """

    name: str
    url: str
    _admin: psycopg.Connection[Any]

    def left(self) -> list[str]:
        """Return the databases that it has created, and not dropped."""
        owned = "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = %s"
        return [name for (name,) in self._admin.execute(owned, [self.name])]


@contextlib.contextmanager
def creator_of_databases(url: str, admin: psycopg.Connection[Any]) -> Iterator[Creator]:
    """Make the role; dropped afterwards, with its databases."""
    name = f"creator_{secrets.token_hex(4)}"
    admin.execute(f"CREATE ROLE {name} LOGIN CREATEDB PASSWORD '{PASSWORD}'")
    own = make_url(url).set(username=name, password=PASSWORD)
    made = Creator(name, own.render_as_string(hide_password=False), admin)
    try:
        yield made
    finally:
        for database in made.left():
            admin.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        admin.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


def run_as(project: Project, name: str) -> None:
    """Let Alembic connect as that role."""
    url = make_url(project.db.url(project.driver)).set(username=name, password=PASSWORD)
    text = project.ini.read_text()
    new = url.render_as_string(hide_password=False).replace("%", "%%")
    line = f"sqlalchemy.url = {new}"
    project.write(project.ini, re.sub(r"(?m)^sqlalchemy.url = .*$", line, text))
