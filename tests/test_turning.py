"""Wherever an upgrade or a downgrade has stopped, the next run goes either way.

One set of revisions holds every workflow of several phases.  It is stopped before one
of its changes, rows are written under every name that is there then, and the run goes
on in the other direction: the schema is the same as after an undisturbed run, and no
row has lost a value.  ``make test-matrix`` stops before each change.
"""

from __future__ import annotations

import gc
import itertools

import pytest

from alembic_zdt.errors import CheckViolationError, RevisionError, ZdtError
from tests.support.choice import FULL
from tests.support.interruption import Killed, interrupted
from tests.support.workflows import PHASES, renaming, renaming_value, retyping

# A client that is killed closes nothing.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.drivers_by_turns,
]

SETUP = (
    "CREATE TYPE mood AS ENUM ('sad', 'happy')",
    "CREATE TYPE kind AS ENUM ('big', 'odd', 'small')",
    (
        "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, points int,"
        " name text, rank int NOT NULL DEFAULT 0, kind kind)"
    ),
    "CREATE INDEX ix_users_points ON users (points)",
    "CREATE TABLE events (id int PRIMARY KEY, body text)",
    "CREATE TABLE orders (id int PRIMARY KEY, total int)",
    "CREATE TABLE people (id int PRIMARY KEY, mood mood)",
    "CREATE TABLE gone (id int PRIMARY KEY)",
)
_VIEW = 'strategy="view"'
_UP = (
    'existing_type=sa.Enum("sad", "happy", name="mood"), new_column_name="temper",'
    ' new_enum_name="temper"'
)
_DOWN = (
    'existing_type=sa.Enum("sad", "glad", name="temper"), new_column_name="mood",'
    ' new_enum_name="mood"'
)
WORKFLOWS = (
    (renaming("users", "email", "mail"), renaming("users", "mail", "email")),
    (
        renaming("events", "body", "text", _VIEW),
        renaming("events", "text", "body", _VIEW),
    ),
    (
        retyping("users", "points", "sa.BigInteger()", "existing_type=sa.Integer()"),
        retyping("users", "points", "sa.Integer()", "existing_type=sa.BigInteger()"),
    ),
    (
        renaming_value("people", "mood", "happy", "glad", _UP),
        renaming_value("people", "temper", "glad", "happy", _DOWN),
    ),
)


def _phases():
    """Each phase with its upgrade and its downgrade."""
    ups = [[], [], []]
    downs = [[], [], []]
    for forth, back in WORKFLOWS:
        expand, migrate, contract = forth.split("\n")
        expand_back, migrate_back, contract_back = back.split("\n")
        for lines, line in zip(ups, (expand, migrate, contract), strict=True):
            lines.append(line)
        downs[0].insert(0, contract_back)
        downs[2].insert(0, f"{expand_back}\n{migrate_back}")
    ups[0] += [
        'op.expand_rename_table("orders", "purchases")',
        'op.expand_drop_column("users", "rank", existing_nullable=False)',
    ]
    downs[0][:0] = [
        'op.add_not_null_two_phase("users", "rank", backfill="0")',
        'op.contract_rename_table("purchases", "orders")',
    ]
    ups[2] += [
        'op.contract_rename_table("orders", "purchases")',
        'op.add_not_null_two_phase("users", "name")',
        'op.contract_drop_column("users", "rank")',
        (
            'op.remove_enum_value("users", "kind", "odd", replacement="big",'
            ' existing_type=sa.Enum("big", "odd", "small", name="kind"))'
        ),
        'op.contract_drop_table("gone", if_exists=True)',
    ]
    downs[2][:0] = [
        'op.add_enum_value("kind", "odd", before="small")',
        (
            'op.expand_add_column("users", sa.Column("rank", sa.Integer(),'
            ' server_default="0"), backfill="0")'
        ),
        'op.drop_not_null("users", "name")',
        'op.expand_rename_table("orders", "purchases", view_only=True)',
    ]
    return zip(PHASES, ups, downs, strict=True)


@pytest.fixture
def written(project):
    """The three revisions."""
    for phase, up, down in _phases():
        project.revision(phase, "\n".join(up), "\n".join(down) or "pass")
    return project


def begin_anew(db):
    db.execute(f"DROP SCHEMA {db.schema} CASCADE")
    db.execute(f"CREATE SCHEMA {db.schema}")
    for statement in SETUP:
        db.execute(statement)
    write(db, 1)
    write(db, 2)


def columns(db, table):
    return db.column(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(%s)"
        " AND attnum > 0 AND NOT attisdropped ORDER BY 1",
        table,
    )


def write(db, number):
    """Insert a row into each table, by the old names and by the new ones in turn."""
    turn = number % 2
    has = columns(db, "users")
    name = [c for c in ("email", "mail") if c in has][-turn]
    rank, zero = (", rank", ", 0") if "rank" in has else ("", "")
    db.execute(
        f"INSERT INTO users (id, {name}, points, name, kind{rank})"
        f" VALUES ({number}, 'm{number}', {number}, 'n', 'small'{zero})"
    )
    name = [c for c in ("body", "text") if c in columns(db, "events")][-turn]
    db.execute(f"INSERT INTO events (id, {name}) VALUES ({number}, 'b{number}')")
    name = [t for t in ("orders", "purchases") if db.exists(t)][-turn]
    db.execute(f"INSERT INTO {name} VALUES ({number}, {number})")
    values = {"mood": "happy", "temper": "glad"}
    name = [c for c in values if c in columns(db, "people")][-turn]
    db.execute(f"INSERT INTO people (id, {name}) VALUES ({number}, '{values[name]}')")


def rows(db):
    """What is in the columns that were renamed, by whichever names."""
    mail = "mail" if "mail" in columns(db, "users") else "email"
    text = "text" if "text" in columns(db, "events") else "body"
    orders = "purchases" if db.exists("purchases") else "orders"
    mood = "temper" if "temper" in columns(db, "people") else "mood"
    return [
        db.rows(f"SELECT id, {mail}, points FROM users ORDER BY 1"),
        db.rows(f"SELECT id, {text} FROM events ORDER BY 1"),
        db.rows(f"SELECT id, total FROM {orders} ORDER BY 1"),
        db.rows(f"SELECT id, {mood}::text IN ('happy', 'glad') FROM people ORDER BY 1"),
    ]


def expected_rows(count):
    ids = range(1, count + 1)
    return [
        [(n, f"m{n}", n) for n in ids],
        [(n, f"b{n}") for n in ids],
        [(n, n) for n in ids],
        [(n, True) for n in ids],
    ]


def shape(db):
    """Relations with their columns, and in rows of one what is left of a window."""
    found = db.rows(
        "SELECT c.relkind, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),"
        " a.attnotnull FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE c.relnamespace = %s::regnamespace AND c.relname !~ '^(gone|alembic_)'"
        " AND c.relkind IN ('r', 'v')",
        db.schema,
    )
    indexes = db.rows(
        "SELECT tablename, replace(indexdef, schemaname, '') FROM pg_indexes"
        " WHERE schemaname = %s AND tablename !~ '^(gone|alembic_)'",
        db.schema,
    )
    leftovers = db.rows(
        "SELECT proname FROM pg_proc WHERE pronamespace = %s::regnamespace"
        " UNION ALL SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
        " WHERE c.relnamespace = %s::regnamespace AND NOT tgisinternal"
        " UNION ALL SELECT conname FROM pg_constraint"
        " WHERE connamespace = %s::regnamespace AND conname ~ '^zdt'"
        " UNION ALL SELECT direction FROM alembic_zdt_revision"
        " WHERE direction LIKE '%% begun'",
        *[db.schema] * 3,
    )
    return {*found, *indexes, *leftovers}


def stop(db, run, at):
    """Run until the client dies before its n-th change; whether there was one."""
    with interrupted(db, at, "before", kills=True, books=False) as it:
        try:
            run()
        except (Killed, Exception):  # noqa: BLE001  # whatever unwinding says
            gc.collect()
    return it.happened


# All that there are, one after the other, or some that are far from each other.
CUT_POINTS = [itertools.count(1)] if FULL else [(7,), (41,)]
each_cut = pytest.mark.parametrize("cuts", CUT_POINTS, ids=str)

_SHAPES = {}


def undisturbed(db, project, *runs):
    """What is there after runs that nothing stops; the same for each test."""
    if runs not in _SHAPES:
        begin_anew(db)
        for run in runs:
            getattr(project, run)()
        _SHAPES[runs] = shape(db)
        assert not {row for row in _SHAPES[runs] if len(row) == 1}
    return _SHAPES[runs]


@pytest.mark.drivers_by_turns
@each_cut
def test_an_upgrade_follows_a_downgrade_that_has_stopped(db, written, driver, cuts):
    wanted = undisturbed(db, written, "upgrade")

    for at in cuts:
        begin_anew(db)
        written.upgrade()
        if not stop(db, written.downgrade, at):
            break
        write(db, 3)
        write(db, 4)

        written.upgrade()

        assert shape(db) ^ wanted == set(), at
        assert rows(db) == expected_rows(4), at


@pytest.mark.parametrize("target", PHASES[: 2 if FULL else 1])
def test_an_upgrade_follows_a_downgrade_to_a_phase(db, written, driver, target):
    """All windows stand the other way round then."""
    wanted = undisturbed(db, written, "upgrade")
    begin_anew(db)
    written.upgrade()
    written.downgrade(target)
    write(db, 3)
    write(db, 4)

    written.upgrade()

    assert shape(db) ^ wanted == set()
    assert rows(db) == expected_rows(4)


@pytest.mark.parametrize("at", [7, 19])
def test_the_gate_lets_an_upgrade_turn_a_downgrade(db, project, monkeypatch, at):
    """The contract is run once more under the gate, which is off in other tests."""
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")
    project.settings(ignore_applications="zdt-test")
    begin_anew(db)
    forth, back = WORKFLOWS[0]
    calls = zip(PHASES, forth.split("\n"), strict=True)
    for phase, call in calls:
        last = "\n".join(back.split("\n")[:2]) if phase == "contract" else "pass"
        project.revision(phase, call, last)
    project.upgrade()
    wanted = shape(db)
    assert stop(db, lambda: project.downgrade("migrate"), at)
    assert shape(db) != wanted

    project.upgrade()

    assert shape(db) ^ wanted == set()


def test_an_interrupted_backfill_of_a_window_that_is_gone_closes_no_gate(db, project):
    """A downgrade was stopped while it filled the old name, which is dropped again."""
    forth, back = WORKFLOWS[0]
    expand, migrate, contract = forth.split("\n")
    begin_anew(db)
    project.revision("r1", f"{expand}\n{migrate}")
    project.revision("r2", contract, "\n".join(back.split("\n")[:2]))
    project.revision("r3", 'op.contract_drop_table("gone", if_exists=True)')
    project.upgrade("r2")
    for at in itertools.count(1):
        assert stop(db, lambda: project.downgrade("r1"), at)
        if db.exists("alembic_zdt_backfill") and db.column(
            "SELECT name FROM alembic_zdt_backfill WHERE status <> 'finished'"
        ):
            break
        project.upgrade("r2")

    project.upgrade()

    assert project.current == ["r3"]
    assert db.column("SELECT mail FROM users ORDER BY id") == ["m1", "m2"]


REFUSING = """
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END';
CREATE TRIGGER no BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION no()"""


def test_a_backfill_that_only_a_refused_downgrade_began_closes_no_gate(db, project):
    """Its column is still there, and is dropped next."""
    begin_anew(db)
    db.execute("ALTER TABLE users ALTER COLUMN rank DROP DEFAULT")
    project.revision(
        "r1",
        'op.expand_drop_column("users", "rank", existing_nullable=False)',
        'op.add_not_null_two_phase("users", "rank", backfill="0")',
    )
    project.revision("r2", 'op.contract_drop_column("users", "rank")')
    project.upgrade("r1")
    db.execute("UPDATE users SET rank = NULL")
    db.execute(REFUSING)
    with pytest.raises(ZdtError):
        project.downgrade("base")
    db.execute("DROP TRIGGER no ON users")
    open_ones = "SELECT name FROM alembic_zdt_backfill WHERE status <> 'finished'"
    assert db.column(open_ones) == ["users.rank"]

    project.upgrade()

    assert project.current == ["r2"]
    assert db.column(open_ones) == []


ASKING = 'op.get_bind().execute(sa.text("SELECT 1"))'


def test_an_upgrade_refuses_to_pass_a_half_done_downgrade_that_it_cannot_turn(
    db, project
):
    """It is at the head already, and says so only when that is true."""
    begin_anew(db)
    project.revision(
        "r1",
        f'{ASKING}\nop.drop_not_null("users", "email")',
        'op.add_not_null_two_phase("users", "email")',
    )
    project.upgrade()
    before = shape(db)
    assert stop(db, project.downgrade, 2)
    half = db.catalog()
    assert shape(db) != before

    with pytest.raises(RevisionError, match='downgrade of revision "r1" is half done'):
        project.upgrade()

    assert db.catalog() == half
    project.downgrade()
    project.upgrade()
    assert shape(db) == before


def test_an_upgrade_passes_a_downgrade_that_got_no_lock(db, project):
    """Nothing was changed, also where a stock operation would have followed."""
    begin_anew(db)
    project.settings(lock_deadline="300ms")
    project.revision(
        "r1",
        f'op.add_not_null_two_phase("users", "name")\n{ASKING}',
        'op.drop_not_null("users", "name")\nop.execute("SELECT 1")',
    )
    project.upgrade()
    with db.holding("SELECT FROM users"), pytest.raises(ZdtError):
        project.downgrade()

    project.upgrade()

    assert project.current == ["r1"]


def test_a_turn_keeps_the_backfill_of_another_project(db, project):
    """Version tables that share a journal may have the same revisions."""
    begin_anew(db)
    db.execute("ALTER TABLE users ADD n int, ADD x int")
    project.revision(
        "r1",
        'op.backfill("users", {"n": "1"})\nop.add_not_null_two_phase("users", "x")',
        'op.drop_not_null("users", "x")',
    )
    with pytest.raises(ZdtError):
        project.upgrade()
    db.execute(
        "INSERT INTO alembic_zdt_backfill (name, revision, definition, fingerprint,"
        " status) SELECT 'tenant.users.n', revision, definition, fingerprint,"
        " 'running' FROM alembic_zdt_backfill"
    )

    project.downgrade()

    names = db.column("SELECT name FROM alembic_zdt_backfill WHERE status = 'running'")
    assert names == ["tenant.users.n"]


def test_a_half_done_downgrade_that_was_repaired_by_hand(db, project):
    """The statement of the hint lets the next upgrade go on."""
    begin_anew(db)
    project.revision(
        "r1",
        f'{ASKING}\nop.drop_not_null("users", "email")',
        'op.add_not_null_two_phase("users", "email")',
    )
    project.upgrade()
    wanted = shape(db)
    assert stop(db, project.downgrade, 2)
    with pytest.raises(RevisionError) as refused:
        project.upgrade()
    for name in db.column(
        "SELECT conname FROM pg_constraint"
        " WHERE contype = 'c' AND conrelid = 'users'::regclass"
    ):
        db.execute(f"ALTER TABLE users DROP CONSTRAINT {name}")

    assert "version_table = " in refused.value.hint
    db.execute(refused.value.hint.partition("the half-done run first: ")[2])

    project.upgrade()
    assert shape(db) == wanted


@pytest.mark.drivers_by_turns
@each_cut
def test_a_downgrade_follows_an_upgrade_that_has_stopped(db, written, driver, cuts):
    wanted = undisturbed(db, written, "upgrade", "downgrade")

    for at in cuts:
        begin_anew(db)
        if not stop(db, written.upgrade, at):
            break
        write(db, 3)
        write(db, 4)

        written.downgrade()

        assert shape(db) ^ wanted == set(), at
        assert rows(db) == expected_rows(4), at


def test_stock_operations_that_are_not_run_again_are_named(db, project, caplog):
    """A stopped downgrade has committed a stock one with the directive behind it."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text, age int)")
    db.execute("INSERT INTO users VALUES (1)")
    project.settings(guard="off")
    project.revision(
        "r1",
        'op.create_index_concurrently("ix", "users", ["email"])\n'
        'op.execute("ALTER TABLE users ADD COLUMN IF NOT EXISTS age int")',
        'op.drop_column("users", "age")\n'
        'op.drop_index_concurrently("ix", "users")\n'
        'op.create_check_constraint_two_phase("ck", "users", "id < 0")',
    )
    project.upgrade()
    with pytest.raises(CheckViolationError):
        project.downgrade()
    assert "age" not in db.columns("users")

    project.upgrade()

    assert "half done" not in project.cli("status", module="alembic_zdt").stdout
    assert db.indexes("users") == ["ix", "users_pkey"]
    assert (
        'stock operations of the upgrade() of revision "r1" were not run again: '
        "check what its half-done downgrade has changed"
    ) in caplog.messages
