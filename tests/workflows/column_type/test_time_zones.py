"""Which time zone a value is in is said by the call, never taken from the session."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import UsageError
from tests.support.workflows import retyping

TIMES = {
    "to-zone": ("timestamp", "sa.DateTime(timezone=True)"),
    "from-zone": ("timestamptz", "sa.DateTime()"),
    "day-to-zone": ("date", "sa.DateTime(timezone=True)"),
    "zone-to-day": ("timestamptz", "sa.Date()"),
}
# No expression of PostgreSQL's own is immutable.
HARD = {
    "time": ("time", "sa.Time(timezone=True)"),
    "zone-to-time": ("timestamptz", "sa.Time()"),
    "to-text": ("timestamptz", "sa.Text()"),
    "from-text": ("text", "sa.DateTime(timezone=True)"),
    "array": ("timestamp[]", "sa.ARRAY(sa.DateTime(timezone=True))"),
}
TABLE = "CREATE TABLE t (id int PRIMARY KEY, c {})"


@pytest.fixture
def in_berlin(db):
    """Let new sessions be in another time zone."""
    db.execute(f"ALTER DATABASE {db.database} SET TimeZone = 'Europe/Berlin'")
    yield
    db.execute(f"ALTER DATABASE {db.database} RESET TimeZone")


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(("old", "new"), TIMES.values(), ids=TIMES)
def test_the_call_of_the_hint_names_the_zone(db, project, in_berlin, old, new, driver):
    db.execute(TABLE.format(old))
    db.execute("SET TimeZone = 'UTC'")
    db.execute("INSERT INTO t VALUES (1, '2018-06-08 00:38:42')")
    before = db.value("SELECT CAST(c AS timestamp) FROM t")
    project.revision("r1", f"op.expand_alter_column_type('t', 'c', {new})")
    with pytest.raises(UsageError, match="without a time zone") as refused:
        project.upgrade()
    assert "zdt" not in str(db.catalog())
    _, _, call = refused.value.hint.partition("in all three phases: ")
    calls = [
        call.strip(".").replace("expand", p) for p in ("expand", "migrate", "contract")
    ]
    db.execute("INSERT INTO alembic_version VALUES ('r1')")
    project.revision("r2", "\n".join(calls))

    project.upgrade()

    after = db.value("SELECT CAST(c AS timestamp) FROM t")
    assert after == (
        before.replace(hour=0, minute=0, second=0) if "Date()" in new else before
    )


@pytest.mark.parametrize(("old", "new"), HARD.values(), ids=HARD)
def test_a_function_is_asked_for_where_no_expression_would_do(db, project, old, new):
    db.execute(TABLE.format(old))
    project.revision("r1", retyping("t", "c", new))

    with pytest.raises(UsageError, match="without a time zone") as refused:
        project.upgrade()

    assert "an IMMUTABLE function of yours" in refused.value.hint


def test_a_script_asks_too(project):
    existing = "existing_type=sa.DateTime()"
    project.revision("r1", retyping("t", "c", "sa.DateTime(timezone=True)", existing))

    with pytest.raises(UsageError, match="AT TIME ZONE 'UTC'"):
        project.sql()


def test_a_moment_is_too_short_for_a_guess(db, project):
    """ALTER COLUMN would take the zone of the session; an empty table has no values."""
    db.execute(TABLE.format("timestamp"))
    call = "op.alter_column_safely('t', 'c', type_=sa.DateTime(timezone={}){})"
    back = call.format(False, ", existing_type=sa.DateTime(timezone=True)")
    project.revision("r1", call.format(True, ""), back)
    project.upgrade()
    db.execute("INSERT INTO t VALUES (1, '2018-06-08 20:38:42+00')")

    with pytest.raises(UsageError, match="without a time zone") as refused:
        project.downgrade("base")

    assert "using=\"c AT TIME ZONE 'UTC'\"" in refused.value.hint


def test_a_small_table_is_not_rounded(db, project):
    db.execute(TABLE.format("numeric"))
    db.execute("INSERT INTO t VALUES (1, 1.005), (2, 1.00)")
    call = "op.alter_column_safely('t', 'c', type_=sa.Numeric(10, 2))"
    project.revision("r1", call)

    with pytest.raises(UsageError, match=r"'1.005' would become '1.01'") as refused:
        project.upgrade()

    found = refused.value.hint.partition("the rows of ")[2].partition(", then")[0]
    assert db.execute(f"UPDATE {found.replace(' WHERE', ' SET c = 1.01 WHERE')}") == 1
    project.upgrade()
    assert db.column("SELECT c::text FROM t ORDER BY id") == ["1.01", "1.00"]
