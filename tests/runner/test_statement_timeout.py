"""The statement_timeout that the user set ends a long step."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import StatementTimeoutError
from tests.support.background import upgrading
from tests.support.door import door_held, wait_for_query
from tests.support.messages import error_page, without_revision

X = "zdt.statement_timeout=700ms"
INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"


def _message(what, left):
    return (
        f"could not {what}: it was ended by statement_timeout (0.7 s)\n"
        "detail: The server reported: canceling statement due to statement timeout."
        f"{left}\n"
        "hint: Raise statement_timeout if it was too short, then run the same "
        "command again; finished steps are skipped.\n"
        f"docs: {error_page('statement-timeout')}"
    )


@pytest.fixture
def users(db):
    """A table with rows."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 50) n")


def test_build_that_lasts_too_long_leaves_nothing_invalid(db, project, driver, users):
    """The INVALID index is dropped, and the next run builds it."""
    project.revision("r1", 'op.create_index_concurrently("ix", "users", ["email"])')
    with upgrading(project, X) as upgrade:
        with door_held(db, "users"):
            upgrade.begin()
            wait_for_query(db, "DROP INDEX CONCURRENTLY", upgrade)
        upgrade.wait()

    assert isinstance(upgrade.error, StatementTimeoutError)
    left = " Nothing half-done is left behind."
    assert without_revision(str(upgrade.error)) == _message('build index "ix"', left)
    assert db.column(INVALID) == []
    project.upgrade()
    assert db.index("ix").is_valid


def test_clean_up_that_lasts_too_long_is_left_to_the_next_run(
    db, project, driver, users
):
    """What keeps the build waiting keeps the clean-up waiting; the error says so."""
    project.revision("r1", 'op.create_index_concurrently("ix", "users", ["email"])')
    with upgrading(project, X) as upgrade, door_held(db, "users"):
        upgrade.begin()
        upgrade.wait()

    assert isinstance(upgrade.error, StatementTimeoutError)
    left = " Cleaning up failed too; the next run repairs what is half-done."
    assert without_revision(str(upgrade.error)) == _message('build index "ix"', left)
    assert db.column(INVALID) == ["ix"]
    project.upgrade()
    assert db.index("ix").is_valid


def test_validation_that_lasts_too_long_is_finished_by_the_next_run(
    db, project, driver, users
):
    """The constraint stays NOT VALID, which harms nobody, until it is proven."""
    db.execute("ALTER TABLE users ADD CONSTRAINT ck CHECK (id > 0) NOT VALID")
    project.revision(
        "r1", 'op.create_check_constraint_two_phase("ck", "users", "id > 0")'
    )
    with (
        upgrading(project, X) as upgrade,
        door_held(db, "users", "SHARE UPDATE EXCLUSIVE"),
    ):
        upgrade.begin()
        upgrade.wait()

    assert isinstance(upgrade.error, StatementTimeoutError)
    assert without_revision(str(upgrade.error)) == _message(
        'validate constraint "ck" on "users"', ""
    )
    assert not db.is_validated("ck")
    project.upgrade()
    assert db.is_validated("ck")


@pytest.mark.pg(">=18")
def test_not_null_that_could_not_be_validated_in_time_stays(db, project, users):
    """Only a NULL takes the constraint back; the next run goes on with it."""
    name = "users_email_not_null"
    db.execute(f"ALTER TABLE users ADD CONSTRAINT {name} NOT NULL email NOT VALID")
    project.revision("r1", 'op.add_not_null_two_phase("users", "email")')
    with (
        upgrading(project, X) as upgrade,
        door_held(db, "users", "SHARE UPDATE EXCLUSIVE"),
    ):
        upgrade.begin()
        upgrade.wait()

    assert isinstance(upgrade.error, StatementTimeoutError)
    assert db.refuses("INSERT INTO users VALUES (0, NULL)", "23502")
    project.upgrade()
    assert db.is_validated(name)
