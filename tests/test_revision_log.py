"""What is remembered between runs is read right, whatever a session's settings are."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import CheckViolationError, GateClosedError
from tests.operations.test_server_settings import TOGETHER, by_default

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def odd_settings(db):
    with by_default(db, TOGETHER, of_role=True):
        yield


def test_a_contract_finds_old_sessions(db, project, driver, monkeypatch):
    """The times that it compares are not rounded."""
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")
    db.execute("CREATE TABLE users (id int PRIMARY KEY, name text)")
    db.execute("INSERT INTO users VALUES (1, 'a')")
    project.revision("e1", 'op.expand_drop_column("users", "name")')
    project.revision("c1", 'op.contract_drop_column("users", "name")')
    with db.session():
        project.upgrade("e1")

        with pytest.raises(GateClosedError):
            project.upgrade()

    project.upgrade(x=["zdt.ignore_applications=zdt-test"])


def test_an_upgrade_turns_a_half_done_downgrade(db, project, driver):
    """The log is read, and not passed over."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, name text)")
    db.execute("INSERT INTO users VALUES (1, 'a')")
    project.revision(
        "r1",
        'op.create_index_concurrently("ix", "users", ["name"])',
        'op.drop_index_concurrently("ix", "users")\n'
        'op.create_check_constraint_two_phase("ck", "users", "id < 0")',
    )
    project.upgrade()
    with pytest.raises(CheckViolationError):
        project.downgrade()
    assert db.indexes("users") == ["users_pkey"]

    project.upgrade()

    assert db.index("ix").is_valid
