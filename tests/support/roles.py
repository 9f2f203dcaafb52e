"""Roles without privileges: the application's, and the migrator's."""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Iterator

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


def run_as(project: Project, name: str) -> None:
    """Let Alembic connect as that role."""
    url = make_url(project.db.url(project.driver)).set(username=name, password=PASSWORD)
    text = project.ini.read_text()
    new = url.render_as_string(hide_password=False).replace("%", "%%")
    line = f"sqlalchemy.url = {new}"
    project.write(project.ini, re.sub(r"(?m)^sqlalchemy.url = .*$", line, text))
