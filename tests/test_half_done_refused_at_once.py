"""A revision that is refused before its first step is not half done."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import DuplicateObjectError, UndefinedObjectError, ZdtError

INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'
COLUMN = 'op.add_column("users", sa.Column("a", sa.Integer), if_not_exists=True)\n'
BEGUN = "SELECT direction FROM alembic_zdt_revision"


@pytest.fixture(autouse=True)
def users(db):
    """A table, and another object with the name of the index."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("CREATE TABLE ix (a int)")


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("calls", "error"),
    [
        (INDEX, DuplicateObjectError),
        (INDEX.replace("users", "nothing"), UndefinedObjectError),
    ],
    ids=["step", "call"],
)
def test_status_knows_nothing_of_it(db, project, driver, calls, error):
    project.revision("r1", calls)
    with pytest.raises(error, match="nothing is done yet"):
        project.upgrade()

    assert db.column(BEGUN) == []
    assert "half done" not in project.cli("status", module="alembic_zdt").stdout
    db.execute("DROP TABLE ix")
    project.revision("r1", INDEX)
    project.upgrade()
    assert db.column(BEGUN) == ["upgrade"]


@pytest.mark.parametrize("before", [COLUMN, INDEX.replace("ix", "other") + "\n"])
def test_what_stands_before_it_is_committed(db, project, before):
    """So the revision is half done, whatever the refused call would have done."""
    project.revision("r1", before + INDEX)
    with pytest.raises(ZdtError, match="another object"):
        project.upgrade()

    assert db.column(BEGUN) == ["upgrade begun"]
