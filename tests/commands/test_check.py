"""``alembic-zdt check``: differences of the models, and what has no model."""

from __future__ import annotations

import psycopg
import pytest

from tests.support.output import parsed

SETUP = "CREATE TABLE users (id int PRIMARY KEY, email text)"
MODELS = """
metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.Text))
"""
CHECKED = MODELS.replace("sa.Text))", 'sa.Text), sa.CheckConstraint("id > 5", "ck"))')
RENAMED = MODELS.replace("email", "mail")
EXPAND = 'op.expand_rename_column("users", "email", "mail")'


@pytest.fixture
def users(db, project):
    db.execute(SETUP)
    db.execute("INSERT INTO users SELECT n, n FROM generate_series(1, 9) n")
    project.models(MODELS)
    return db


def check(project):
    """Exit code, and the severity and check of each finding."""
    done = project.cli("check", "--json", module="alembic_zdt")
    found = parsed("check", done.stdout)["findings"]
    return done.rc, [f"{each['severity']}: {each['check']}" for each in found]


DIFFERENT = "error: model-difference"
UNWRITTEN = "warning: unwritten-contract"


def test_nothing_is_wrong(project, users):
    assert check(project) == (0, [])
    said = project.cli("check", module="alembic_zdt").ok().stdout
    assert said == "the database matches the models\n"


def test_models_are_different(project, users):
    project.models(RENAMED)

    assert check(project) == (2, [DIFFERENT, DIFFERENT])
    said = project.cli("check", module="alembic_zdt").stdout.splitlines()
    assert [text.split("'")[1] for text in said[::2]] == ["add_column", "remove_column"]
    assert said[1] == "  alembic-zdt revision --autogenerate"


def test_invalid_index(project, users):
    """The models have it, too, so autogenerate is content."""
    users.execute("INSERT INTO users VALUES (10, '1')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        users.execute("CREATE UNIQUE INDEX CONCURRENTLY ix ON users (email)")
    index = 'sa.Index("ix", "email", unique=True)'
    project.models(MODELS.replace("sa.Text)", f"sa.Text), {index}"))

    assert check(project) == (1, ["warning: invalid-index"])
    said = project.cli("check", module="alembic_zdt").stdout
    assert "no query uses it, and every write maintains it\n  op.reindex_conc" in said


def test_constraint_that_is_not_valid(project, users):
    project.models(CHECKED)
    users.execute("ALTER TABLE users ADD CONSTRAINT ck CHECK (id > 5) NOT VALID")

    assert check(project) == (1, ["warning: not-valid-constraint"])


def test_window_that_is_open_is_no_drift(project, users):
    """Its contract is missing, which is said."""
    project.models(RENAMED)
    project.revision("r1", EXPAND)
    project.upgrade()

    assert check(project) == (1, [UNWRITTEN])


def test_trigger_that_is_missing(project, users):
    """Rows would go out of step, and nobody would see it."""
    project.models(RENAMED)
    project.revision("r1", EXPAND)
    project.upgrade()
    (name,) = users.column("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
    users.execute(f'ALTER TABLE users DISABLE TRIGGER "{name}"')
    assert check(project) == (2, ["error: missing-trigger", UNWRITTEN])

    users.execute(f'DROP TRIGGER "{name}" ON users')
    assert check(project) == (2, ["error: missing-trigger", UNWRITTEN])


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

    leftover = "warning: leftover"
    assert check(project) == (2, [DIFFERENT, leftover, leftover, UNWRITTEN])


def test_models_and_database_both(project, users):
    project.models(CHECKED.replace("email", "mail"))
    users.execute("ALTER TABLE users ADD CONSTRAINT ck CHECK (id > 5) NOT VALID")

    constraint = "warning: not-valid-constraint"
    assert check(project) == (2, [DIFFERENT, DIFFERENT, constraint])


def test_pending_revisions_are_an_error(project, users):
    project.revision("r1")

    done = project.cli("check", module="alembic_zdt")

    assert done.rc == 255
    assert "Target database is not up to date" in done.output
