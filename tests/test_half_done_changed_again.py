"""A revision with two changes of one object is interrupted behind the second one.

The first change cannot be found in the catalog any more, and is not made again.
"""

from __future__ import annotations

import pytest

from tests.support.interruption import Interruption, Killed, watching
from tests.support.workflows import renaming, retyping

# A client that is killed closes nothing.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

RENAMED = renaming("orders", "total", "sum")
BIGGER = retyping("orders", "total", "sa.BigInteger()", "existing_type=sa.Integer()")
INDEX = 'op.create_index_concurrently("ix", "orders", ["total"])'
RENAMED_INDEX = 'op.rename_index_safely("ix", "iy")'
ADDED = (
    'op.expand_add_column("orders", sa.Column("n", sa.Integer(), server_default="3"))'
)
DROPPED = 'op.contract_drop_column("orders", "total")'
LOG = "alembic_zdt_revision"
COLUMNS = (
    "SELECT string_agg(attname || ' ' || atttypid::regtype, ', ' ORDER BY attname)"
    " FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0"
    " AND NOT attisdropped"
)
PAIRS = {
    "type-rename": (BIGGER, RENAMED, "id integer, sum bigint, word text"),
    "index-index": (INDEX, RENAMED_INDEX, "id integer, total integer, word text"),
    "add-rename": (
        ADDED,
        renaming("orders", "n", "m"),
        "id integer, m integer, total integer, word text",
    ),
    "drop-add": (
        DROPPED,
        'op.expand_add_column("orders", sa.Column("total", sa.Text()))',
        "id integer, total text, word text",
    ),
}


class BeforeVersion(Interruption):
    """The client dies before Alembic writes the version."""

    def _counts(self, statement):
        return (
            "INTO alembic_version" in statement or "FROM alembic_version " in statement
        )


@pytest.fixture(autouse=True)
def orders(db):
    db.execute("CREATE TABLE orders (id int PRIMARY KEY, total int, word text)")
    db.execute("INSERT INTO orders SELECT n, n FROM generate_series(1, 3) n")


def stopped(db, run):
    """Run it until the version would be written."""
    interruption = BeforeVersion(db, lambda *_: True, "before", kills=True)
    with watching(interruption), pytest.raises(Killed):
        run()


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("pair", PAIRS)
def test_next_run_ends_as_an_undisturbed_one(db, project, driver, pair):
    first, second, columns = PAIRS[pair]
    project.revision("r1", f"{first}\n{second}")

    stopped(db, project.upgrade)
    project.upgrade()

    assert db.value(COLUMNS) == columns
    assert set(db.indexes("orders")) <= {"orders_pkey", "iy"}
    assert project.current == ["r1"]


def test_downgrade_too(db, project):
    back = (
        'op.rename_index_safely("iy", "ix")\nop.drop_index_concurrently("ix", "orders")'
    )
    project.revision("r1", f"{INDEX}\n{RENAMED_INDEX}", back)
    project.upgrade()

    stopped(db, project.downgrade)
    project.downgrade()

    assert db.indexes("orders") == ["orders_pkey"]


@pytest.mark.parametrize("pair", ["type-rename", "index-index"])
def test_script_that_is_run_again_ends_too(db, project, pair):
    """Where an older version has made the log, without the column for the calls."""
    first, second, columns = PAIRS[pair]
    project.revision("r0", 'op.create_index_concurrently("iw", "orders", ["word"])')
    project.upgrade()
    db.execute(f"ALTER TABLE {LOG} DROP COLUMN assured, DROP COLUMN down_revisions")
    project.revision("r1", f"{first}\n{second}")
    script = project.sql("r0:r1", flavor="psql")
    until_version, _ = script.rsplit("BEGIN;", 1)

    project.psql(until_version).ok()
    begun = db.value(
        f"SELECT max(cardinality(assured)) FROM {LOG} WHERE revision = 'r1'"
    )
    project.psql(script).ok()

    assert begun == len(f"{first}\n{second}".splitlines())
    assert db.value(COLUMNS) == columns
    assert set(db.indexes("orders")) <= {"orders_pkey", "iw", "iy"}
    assert project.current == ["r1"]
    assert not db.rows(f"SELECT FROM {LOG} WHERE revision = 'r1'")


def test_online_run_goes_on_where_a_script_was_stopped(db, project):
    """A plain script cannot leave anything out, and says so."""
    project.revision("r0")
    project.upgrade()
    project.revision("r1", f"{INDEX}\n{RENAMED_INDEX}")
    script = project.sql("r0:r1", flavor="plain")
    until_version, _ = script.rsplit("BEGIN;", 1)

    project.psql(until_version).ok()
    again = project.psql(script)
    project.upgrade()

    assert 'ERROR:  cannot create index "ix" a second time' in again.stderr
    assert RENAMED_INDEX.replace('"', "'") in again.stderr
    assert "HINT:  Run this revision online" in again.stderr
    assert db.indexes("orders") == ["iy", "orders_pkey"]
    assert project.current == ["r1"]


def test_call_that_was_edited_is_run(db, project):
    """What the log holds is of the revision as it was."""
    project.revision("r1", f"{INDEX}\n{RENAMED_INDEX}")
    stopped(db, project.upgrade)
    project.revision("r1", f"{INDEX.replace('total', 'word')}\n{RENAMED_INDEX}")
    db.execute("DROP INDEX iy")

    project.upgrade()

    assert "(word)" in db.index("iy").definition


def test_third_change_in_a_transaction_of_its_own(db, project):
    """The log's row of the second one leaves Alembic's transaction open."""
    project.configure(transaction_per_migration=True)
    calls = (INDEX, RENAMED_INDEX, INDEX.replace("ix", "iz"))
    project.revision("r1", "\n".join(calls))

    project.upgrade()

    assert db.exists("iy")
    assert db.exists("iz")
