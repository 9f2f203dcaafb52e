"""Asking the doctor."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.doctor import doctor
from tests.support.project import Project

VARIABLES = ("DATABASE_URL", "DATABASE_URL_SYNC")


@pytest.fixture(autouse=True)
def no_urls(monkeypatch):
    """Of the machine that the tests run on."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def diagnosed(project):
    """What the doctor says of one check: pairs of severity and all its words."""

    def ask(check, **options):
        found = doctor(project.config(), **options)
        reasons = {"env.py could not be run"}
        assert found.unchecked.get(check, "env.py could not be run") in reasons
        return [
            (each.severity.value, f"{each.message}\n{each.suggestion}")
            for each in found.findings
            if each.check == check
        ]

    return ask


@pytest.fixture
def project_of(db, tmp_path):
    """Make a project with the env.py of that driver."""
    made = []

    def make(driver):
        made.append(Project(tmp_path, db, driver))
        return made[-1]

    yield make
    for project in made:
        project.close()
