"""Objects of the package that other roles could change."""

from __future__ import annotations

import pytest

from tests.support.roles import role
from tests.support.workflows import renaming


@pytest.fixture
def stranger(db):
    with role(db, "stranger") as name:
        yield name


def mended(db, found):
    """Run the statement of each hint."""
    for _, words in found:
        db.execute(words.partition("then run: ")[2])


def test_table_that_others_may_write_and_its_mending(db, project, diagnosed, stranger):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, n int)")
    project.revision("r1", "op.backfill('users', {'n': 'id'}, mode='background')")
    project.upgrade()
    assert diagnosed("ownership") == []
    db.execute(f"GRANT UPDATE ON alembic_zdt_backfill TO {stranger}")
    db.execute(f"GRANT INSERT ON alembic_zdt_revision TO {stranger}")

    found = diagnosed("ownership")

    assert [severity for severity, _ in found] == ["error", "error"]
    assert {words.split()[2] for _, words in found} == {
        "alembic_zdt_backfill",
        "alembic_zdt_revision",
    }
    assert all(f"{stranger} may write it" in words for _, words in found)
    mended(db, found)
    assert diagnosed("ownership") == []


def test_trigger_whose_function_belongs_to_another_role(
    db, project, diagnosed, stranger
):
    """As an older release let it happen."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    project.revision("r1", renaming("users", "email", "mail").splitlines()[0])
    project.upgrade()
    assert diagnosed("ownership") == []
    function = db.value("SELECT proname FROM pg_proc WHERE proname ~ '^zdt_sync_'")
    db.execute(f"ALTER FUNCTION {function}() OWNER TO {stranger}")

    [(severity, words)] = found = diagnosed("ownership")

    assert severity == "error"
    assert f'calls a function of the role "{stranger}"' in words
    mended(db, found)
    assert diagnosed("ownership") == []


def test_version_table_that_others_may_write(db, project, diagnosed, stranger):
    """As default privileges grant it, often without intent."""
    db.execute(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {stranger}")
    try:
        project.revision("r1", 'op.execute("SELECT 1")')
        project.upgrade()
    finally:
        db.execute(f"ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM {stranger}")

    [(severity, words)] = found = diagnosed("ownership")

    assert severity == "warning"
    assert words.startswith(f"{stranger} may write the table alembic_version,")
    mended(db, found)
    assert diagnosed("ownership") == []
    table = f"'{stranger}', 'alembic_version'"
    assert db.is_true(f"SELECT has_table_privilege({table}, 'SELECT')")
