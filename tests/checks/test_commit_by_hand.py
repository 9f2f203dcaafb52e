"""COMMIT as a statement: what it does to CONCURRENTLY depends on the driver."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.exc import DBAPIError

from alembic_zdt.commands.lint import lint
from tests.support.project import Project

BODY = (
    'op.execute("COMMIT")\n'
    'op.create_index("ix", "t", ["a"], postgresql_concurrently=True)\n'
    'op.execute("ALTER TABLE t ADD b int")\n'
)
DRIVERS = ["psycopg", "psycopg2", "asyncpg"]


@pytest.fixture
def over(tmp_path, db):
    made = []

    def make(driver):
        made.append(Project(tmp_path, db, driver))
        made[0].settings(guard="off")
        return made[0]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("driver", DRIVERS)
def test_what_the_driver_does(db, over, driver):
    """psycopg 3 begins another transaction; the others do not notice."""
    db.execute("CREATE TABLE t (a int)")
    project = over(driver)
    project.revision("r1", f"{BODY}1 / 0")

    with pytest.raises((DBAPIError, ZeroDivisionError)) as caught:
        project.upgrade()

    is_refused = driver == "psycopg"
    assert ("cannot run inside a transaction" in str(caught.value)) is is_refused
    assert db.columns("t") == (["a"] if is_refused else ["a", "b"])
    assert db.indexes("t") == ([] if is_refused else ["ix"])
    assert db.value("SELECT count(*) FROM alembic_version") == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_what_lint_says(over, driver):
    project = over(driver)
    project.revision("r1", BODY)
    url = f"postgresql+{driver}://nobody@127.0.0.1:1/nowhere"
    ini = re.sub(
        r"(?m)^sqlalchemy.url = .*$", f"sqlalchemy.url = {url}", project.ini.read_text()
    )
    project.write(project.ini, ini)

    found = {each.check: each.message for each in lint(project.config()).findings}

    if driver == "psycopg":
        assert "psycopg 3 begins another" in found["control-transaction"]
        assert found["concurrently-in-transaction"] == (
            "CONCURRENTLY of ix cannot run in a transaction, and psycopg 3 begins "
            "a new transaction after COMMIT"
        )
    else:
        assert found["control-transaction"] == (
            "COMMIT bypasses Alembic, which has a transaction open: with "
            f"{driver}, each later statement of the revision is committed alone"
        )
        assert "concurrently-in-transaction" not in found


@pytest.mark.parametrize("end", ["COMMIT", "commit;", " ROLLBACK ", "BEGIN WORK"])
def test_needs_no_parser(over, monkeypatch, end):
    from alembic_zdt.checks.sql import parsing

    monkeypatch.setattr(parsing, "_library", lambda: None)
    project = over("psycopg2")
    project.revision("r1", f"op.execute({end!r})")

    done = lint(project.config())

    assert "control-transaction" in [each.check for each in done.findings]
    assert done.unchecked == ()
