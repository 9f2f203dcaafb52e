"""A fleet: schemas of the test's database, listed in a table of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.db import Db
from tests.support.project import Project, Result, Running


@dataclass
class Fleet:
    """A project whose targets are schemas."""

    project: Project
    db: Db
    schemas: list[str]

    def list_targets(self, *schemas: str) -> None:
        """Replace the list of targets; the name of each is that of its schema."""
        self.db.execute("DROP TABLE IF EXISTS tenants")
        self.db.execute("CREATE TABLE tenants (id serial, name text, schema text)")
        for schema in schemas:
            self.db.execute(
                "INSERT INTO tenants (name, schema) VALUES (%s, %s)", schema, schema
            )

    def start(self, *arguments: str) -> Running:
        """Start a command of the fleet."""
        return self.project.start("fleet", *arguments, module="alembic_zdt")

    def run(self, *arguments: str) -> Result:
        """Run a command of the fleet to its end."""
        return self.start(*arguments).wait()

    def upgraded(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Run an upgrade, and return its exit code and its JSON."""
        found = self.run("upgrade", "--json", *arguments)
        assert found.stdout, found.output
        return found.rc, json.loads(found.stdout)

    def revisions(self) -> dict[str, str | None]:
        """Return the revision of each schema."""
        return {
            schema: self.db.value(f"SELECT version_num FROM {schema}.alembic_version")
            if self.db.value(f"SELECT to_regclass('{schema}.alembic_version')")
            else None
            for schema in self.schemas
        }


@pytest.fixture
def new_fleet(
    project: Project, db: Db, new_schema: Callable[[], str]
) -> Iterator[Callable[[int], Fleet]]:
    """A function that makes a fleet of so many schemas."""

    def make(count: int) -> Fleet:
        found = Fleet(project, db, [new_schema() for _ in range(count)])
        found.list_targets(*found.schemas)
        section = "\n[alembic_zdt.fleet]\ntargets_query = {}\n"
        query = f"SELECT name, schema FROM {db.schema}.tenants ORDER BY id"
        project.write(project.ini, project.ini.read_text() + section.format(query))
        return found

    yield make
    db.execute("DROP TABLE IF EXISTS alembic_zdt_fleet_target, alembic_zdt_fleet_run")
