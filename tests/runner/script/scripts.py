"""Scripts for tests: split them, take Alembic's own table out, replay them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg

from tests.operations.case import Case
from tests.support.project import Project

FLAVORS = ("psql", "plain")
PARTS = re.compile(
    r"""--[^\n]*
      | '(?:[^']|'')*'
      | "(?:[^"]|"")*"
      | (?P<tag>\$\w*\$)(?s:.)*?(?P=tag)
      | ;
      | (?s:.)""",
    re.VERBOSE,
)


def statements(script: str) -> Iterator[str]:
    """Split a plain script at the semicolons outside of strings and comments."""
    text = ""
    for part in PARTS.finditer(script):
        if part[0] == ";":
            yield text.strip()
            text = ""
        elif not part[0].startswith("--"):
            text += part[0]
    assert not text.strip(), f"no semicolon after {text!r}"


def without_versions(script: str) -> str:
    """Leave out what Alembic writes for its own table, and would fail the next time."""
    for written in (
        r"CREATE TABLE alembic_version \(.*?\);",
        r"INSERT INTO alembic_version [^;]*;",
        r"DELETE FROM alembic_version [^;]*;",
    ):
        script = re.sub(written, "", script, flags=re.DOTALL)
    return script


def scripts_of(project: Project, case: Case, flavor: str) -> tuple[str, str]:
    """The way up and the way down of a case."""
    project.revision("r1", case.upgrade, case.downgrade)
    up = project.sql("base:head", flavor=flavor)
    return up, project.sql("r1:base", flavor=flavor, down=True)


def replay_through_driver(project: Project, script: str) -> None:
    """Send each statement by itself, in autocommit."""
    with project.db.session() as session:
        send(session.connection, script)


def send(connection: psycopg.Connection[Any], script: str) -> None:
    """Send each statement of a plain script by itself."""
    for statement in statements(script):
        connection.execute(statement.encode())


def directives_in(script: str) -> str:
    """Only what our directives wrote, without what they share at the head."""
    found = re.findall(
        r"^-- alembic_zdt: .*?^CALL pg_temp\.zdt_end\(\);$",
        script,
        flags=re.DOTALL | re.MULTILINE,
    )
    return "\n\n".join(found)
