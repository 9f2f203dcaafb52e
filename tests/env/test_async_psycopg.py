"""The third way to run: psycopg's own async driver under the async env.py."""

from __future__ import annotations

import pytest

from tests.operations.cases import CASES

some_cases = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.id)
        for case in CASES
        if case.id in {"index", "not-null", "foreign-key", "primary-key"}
    ],
)


@pytest.fixture
def driver():
    """The async template; the URL is changed below."""
    return "asyncpg"


@some_cases
def test_async_psycopg_runs_up_and_down(db, project, driver, case):
    """What runs on asyncpg runs on async psycopg, and leaves no trace."""
    ini = project.ini.read_text()
    assert "postgresql+asyncpg" in ini
    project.write(project.ini, ini.replace("postgresql+asyncpg", "postgresql+psycopg"))
    for statement in case.setup:
        db.execute(statement)
    before = db.catalog()
    project.revision("r1", case.upgrade, case.downgrade)

    project.upgrade("head")
    assert db.value(f"SELECT {case.holds}") is True

    project.downgrade("base")
    assert db.catalog() == before
