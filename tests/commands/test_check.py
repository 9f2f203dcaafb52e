"""``alembic-zdt check``: differences of the models, and what has no model."""

from __future__ import annotations

import json

import psycopg
import pytest

SETUP = "CREATE TABLE users (id int PRIMARY KEY, email text)"
MODELS = """
metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.Text))
"""
RENAMED = MODELS.replace("email", "mail")
EXPAND = 'op.expand_rename_column("users", "email", "mail")'


@pytest.fixture
def users(db, project):
    db.execute(SETUP)
    db.execute("INSERT INTO users SELECT n, n FROM generate_series(1, 9) n")
    project.models(MODELS)
    return db


def check(project):
    """Exit code, differences, and the kinds of drift."""
    done = project.cli("check", "--json", module="alembic_zdt")
    found = json.loads(done.stdout)
    return done.rc, found["differences"], [each["kind"] for each in found["drift"]]


def test_nothing_is_wrong(project, users):
    assert check(project) == (0, [], [])
    said = project.cli("check", module="alembic_zdt").ok().stdout
    assert said == "the database is as the models have it\n"


def test_models_are_different(project, users):
    project.models(RENAMED)

    code, differences, drift = check(project)

    assert (code, drift) == (1, [])
    assert [text.split("'")[1] for text in differences] == [
        "add_column",
        "remove_column",
    ]


def test_invalid_index(project, users):
    """The models have it, too, so autogenerate is content."""
    users.execute("INSERT INTO users VALUES (10, '1')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        users.execute("CREATE UNIQUE INDEX CONCURRENTLY ix ON users (email)")
    index = 'sa.Index("ix", "email", unique=True)'
    project.models(MODELS.replace("sa.Text)", f"sa.Text), {index}"))

    assert check(project) == (2, [], ["invalid-index"])
    said = project.cli("check", module="alembic_zdt").stdout
    assert "no query uses it, and every write pays for it; op.reindex_conc" in said


def test_constraint_that_is_not_valid(project, users):
    users.execute("ALTER TABLE users ADD CONSTRAINT ck CHECK (id > 5) NOT VALID")

    assert check(project) == (2, [], ["not-valid-constraint"])


def test_window_that_is_open_is_no_drift(project, users):
    """Its contract is missing, which is said."""
    project.models(RENAMED)
    project.revision("r1", EXPAND)
    project.upgrade()

    assert check(project) == (4, [], [])


def test_trigger_that_is_missing(project, users):
    """Rows would go out of step, and nobody would see it."""
    project.models(RENAMED)
    project.revision("r1", EXPAND)
    project.upgrade()
    (name,) = users.column("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
    users.execute(f'ALTER TABLE users DISABLE TRIGGER "{name}"')
    assert check(project) == (6, [], ["missing-trigger"])

    users.execute(f'DROP TRIGGER "{name}" ON users')
    assert check(project) == (6, [], ["missing-trigger"])


def test_leftovers_of_a_workflow(project, users):
    """Somebody has dropped the constraint and the trigger by hand."""
    project.revision(
        "r1",
        'op.expand_alter_column_type("users", "id", sa.BigInteger(),'
        " existing_type=sa.Integer())",
    )
    project.upgrade()
    (name,) = users.column("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
    (check_name,) = users.column(
        "SELECT conname FROM pg_constraint WHERE conname ~ 'zdt_sync'"
    )
    users.execute(f'DROP TRIGGER "{name}" ON users')
    users.execute(f'ALTER TABLE users DROP CONSTRAINT "{check_name}"')

    code, differences, drift = check(project)

    assert code == 7
    assert len(differences) == 1
    assert drift == ["leftover", "leftover"]


def test_models_and_database_both(project, users):
    project.models(RENAMED)
    users.execute("ALTER TABLE users ADD CONSTRAINT ck CHECK (id > 5) NOT VALID")

    assert check(project)[0] == 3


def test_pending_revisions_are_an_error(project, users):
    project.revision("r1")

    done = project.cli("check", module="alembic_zdt")

    assert done.rc == 255
    assert "Target database is not up to date" in done.output
