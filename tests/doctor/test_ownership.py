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

    assert [severity for severity, _ in found] == ["problem", "problem"]
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

    assert severity == "problem"
    assert f'calls a function of the role "{stranger}"' in words
    mended(db, found)
    assert diagnosed("ownership") == []
