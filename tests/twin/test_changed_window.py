"""What is changed under an open window is refused, found, and mended by the expand."""

from __future__ import annotations

import itertools

import pytest

from alembic_zdt.errors import (
    DependentObjectsError,
    ForeignOwnerError,
    GateClosedError,
)
from tests.support.choice import FULL
from tests.support.roles import role
from tests.support.workflows import renaming, retyping

CALLS = {
    "rename": renaming("users", "email", "mail").splitlines(),
    "type": retyping("users", "points", "sa.BigInteger()").splitlines(),
}
TRIGGER = "(SELECT tgname FROM pg_trigger WHERE tgname LIKE 'zzz_zdt_sync%' LIMIT 1)"
CHECK = "(SELECT conname FROM pg_constraint WHERE conname LIKE 'zdt_sync%' LIMIT 1)"


def _do(statement, name):
    return (
        "DO $do$ BEGIN EXECUTE format("
        f"$$ {statement} $$, (SELECT x FROM {name} n (x))); END $do$"
    )


BREAKS = {
    "disabled": "ALTER TABLE users DISABLE TRIGGER ALL",
    "enabled-for-origin": "ALTER TABLE users ENABLE TRIGGER ALL",
    "trigger-dropped": _do("DROP TRIGGER %I ON users", TRIGGER),
    "check-dropped": _do("ALTER TABLE users DROP CONSTRAINT %I", CHECK),
    "function-replaced": _do(
        "CREATE OR REPLACE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN NEW; END'",
        CHECK,
    ),
}


@pytest.fixture
def opened(db, project):
    """Open a window of each kind in one table."""

    def begin(kind, more=()):
        db.execute("CREATE TABLE users (id int PRIMARY KEY, email text, points int)")
        for statement in more:
            db.execute(statement)
        db.execute("INSERT INTO users VALUES (1, 'a', 1), (2, 'b', 2)")
        project.revision("r1", CALLS[kind][0])
        project.upgrade()
        return project

    return begin


FIRST = TRIGGER.replace("zzz_zdt_sync", "!zdt_sync")
AGAIN = TRIGGER.replace("zzz_zdt_sync", "!zdt_again")
LOWER = (
    "CREATE FUNCTION lowers() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN NEW.email := lower(NEW.email); RETURN NEW; END'"
)
LOWERS = (
    "CREATE TRIGGER lower BEFORE INSERT OR UPDATE ON users FOR EACH ROW"
    " EXECUTE FUNCTION lowers()"
)
FIRST_BREAKS = {
    "created-later": LOWERS,
    "first-dropped": _do("DROP TRIGGER %I ON users", FIRST),
    "again-disabled": _do("ALTER TABLE users DISABLE TRIGGER %I", AGAIN),
    "last-dropped": BREAKS["trigger-dropped"],
}
KINDS = itertools.cycle(CALLS)
EACH = itertools.product(BREAKS, CALLS) if FULL else zip(BREAKS, KINDS, strict=False)


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(("how", "kind"), list(EACH))
def test_broken_window_is_refused_and_mended(db, opened, driver, how, kind):
    """The migrate refuses; the expand, run again, makes what is missing."""
    project = opened(kind)
    expand, migrate, contract = CALLS[kind]
    db.execute(BREAKS[how])

    project.revision("r2", migrate)
    with pytest.raises(GateClosedError, match="was changed since its expand") as caught:
        project.upgrade()
    assert "op.expand_" in caught.value.hint
    found = project.cli("status", module="alembic_zdt").stdout
    assert "broken window: " in found

    project.revision("r2", f"{expand}\n{migrate}")
    project.upgrade()
    db.execute("UPDATE users SET email = 'c', points = 3 WHERE id = 1")
    db.execute("SET session_replication_role = replica")
    db.execute("UPDATE users SET email = 'd', points = 4 WHERE id = 2")
    db.execute("RESET session_replication_role")
    assert "broken" not in project.cli("status", module="alembic_zdt").stdout

    project.revision("r3", contract)
    project.upgrade()
    final = "mail" if kind == "rename" else "points::text"
    wanted = ["c", "d"] if kind == "rename" else ["3", "4"]
    assert db.column(f"SELECT {final} FROM users ORDER BY id") == wanted


@pytest.mark.parametrize("how", FIRST_BREAKS)
def test_a_trigger_of_users_is_passed_by_until_the_expand_mends(db, opened, how):
    """It sees what new code writes only behind our first triggers."""
    db.execute(LOWER)
    project = opened("rename", () if how == "created-later" else (LOWERS,))
    expand, migrate, _ = CALLS["rename"]
    db.execute(FIRST_BREAKS[how])

    found = project.cli("status", module="alembic_zdt").stdout
    wanted = (
        "in sync: the trigger is gone"
        if how == "last-dropped"
        else 'the trigger "lower" of'
    )
    assert "broken window: " in found
    assert wanted in found
    project.revision("r2", migrate)
    with pytest.raises(GateClosedError, match="was changed since its expand"):
        project.upgrade()

    project.revision("r2", f"{expand}\n{migrate}")
    project.upgrade()
    db.execute("UPDATE users SET mail = 'C' WHERE id = 1")
    assert db.row("SELECT email, mail FROM users WHERE id = 1") == ("c", "c")
    assert "broken" not in project.cli("status", module="alembic_zdt").stdout


def test_a_later_trigger_does_not_keep_the_twin_from_being_dropped(db, opened):
    """The two were equal all the time, so nothing is in the twin alone."""
    db.execute(LOWER)
    project = opened("rename")
    db.execute(LOWERS)
    db.execute("UPDATE users SET mail = 'C' WHERE id = 1")
    project.revision("r2", 'op.contract_rename_column("users", "mail", "email")')

    project.upgrade()

    assert db.column("SELECT email FROM users ORDER BY id") == ["C", "b"]


def test_the_first_triggers_are_not_missing_without_another(db, opened):
    """The user's trigger is dropped; the next expand makes the cheaper window."""
    db.execute(LOWER)
    project = opened("rename", (LOWERS,))
    db.execute("DROP TRIGGER lower ON users")
    assert "broken" not in project.cli("status", module="alembic_zdt").stdout

    db.execute(FIRST_BREAKS["first-dropped"])
    found = project.cli("status", module="alembic_zdt").stdout
    assert "broken window: a BEFORE trigger of" in found

    expand, migrate, _ = CALLS["rename"]
    project.revision("r2", f"{expand}\n{migrate}")
    project.upgrade()
    assert "broken" not in project.cli("status", module="alembic_zdt").stdout
    ours = "tgrelid = 'users'::regclass AND tgname LIKE '%zdt%'"
    assert db.value(f"SELECT count(*) FROM pg_trigger WHERE {ours}") == 1


def test_a_partition_brings_a_trigger_of_its_own(db, project):
    """Ours fire in it, and its own one passes them by."""
    db.execute("CREATE TABLE users (id int, email text) PARTITION BY RANGE (id)")
    project.revision("r1", CALLS["rename"][0])
    project.upgrade()
    db.execute("CREATE TABLE few PARTITION OF users FOR VALUES FROM (0) TO (9)")
    db.execute(LOWER)
    db.execute(LOWERS.replace("users", "few"))

    found = project.cli("status", module="alembic_zdt").stdout
    assert 'broken window: the trigger "lower" of' in found
    expand, migrate, _ = CALLS["rename"]
    project.revision("r2", f"{expand}\n{migrate}")
    project.upgrade()

    db.execute("INSERT INTO users (id, mail) VALUES (1, 'A')")
    db.execute("UPDATE users SET mail = 'B'")
    assert db.row("SELECT email, mail FROM users") == ("b", "b")
    assert "broken" not in project.cli("status", module="alembic_zdt").stdout


def test_twin_that_may_hold_more_is_not_dropped(db, opened):
    """Trigger and CHECK were gone for a while, so values may be in the twin alone."""
    project = opened("rename")
    db.execute(BREAKS["check-dropped"])
    db.execute("ALTER TABLE users DISABLE TRIGGER ALL")
    db.execute("UPDATE users SET mail = 'new' WHERE id = 1")
    project.revision("r2", 'op.contract_rename_column("users", "mail", "email")')

    with pytest.raises(GateClosedError, match='may hold values that "email" does not'):
        project.upgrade()

    assert db.value("SELECT mail FROM users WHERE id = 1") == "new"


RENAMED = {
    "column": (
        "ALTER TABLE users RENAME COLUMN mail TO address",
        "ALTER TABLE users RENAME COLUMN address TO mail",
    ),
    "table": (
        "ALTER TABLE users RENAME TO people",
        "ALTER TABLE people RENAME TO users",
    ),
}


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("what", "phase"), [("column", 0), ("column", 1), ("table", 1), ("table", 2)]
)
def test_renamed_by_hand(db, opened, driver, what, phase):
    """Each phase refuses, and names the statement that gives the name back."""
    project = opened("rename")
    there, back = RENAMED[what]
    db.execute(there)
    call = CALLS["rename"][phase]
    project.revision("r2", call.replace("users", "people") if what == "table" else call)

    with pytest.raises(DependentObjectsError, match="renamed while it was") as caught:
        project.upgrade()

    assert f"Undo that rename: {back}." in caught.value.hint
    assert back.replace("TABLE ", f"TABLE {db.schema}.") in (
        project.cli("status", module="alembic_zdt").stdout
    )
    db.execute(back)
    project.revision("r2", "\n".join(CALLS["rename"][1:]))
    project.upgrade()
    assert db.column("SELECT mail FROM users ORDER BY id") == ["a", "b"]


CONVERTING = retyping(
    "users",
    "points",
    "sa.BigInteger()",
    'using="points * 10", reverse_using="{twin} / 10", new_column_name="total"',
).replace("{twin}", "total")
REPLACEMENTS = {
    "by-a-text": "LANGUAGE sql IMMUTABLE AS 'SELECT 7::bigint'",
    "by-an-expression": "LANGUAGE sql IMMUTABLE RETURN points * 20",
}


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("how", REPLACEMENTS)
def test_replaced_conversion_is_refused_and_mended(db, project, driver, how):
    """What its CHECK has proven counts no more: every row is converted again."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, points int)")
    db.execute("INSERT INTO users VALUES (1, 1), (2, 2)")
    expand, migrate, contract = CONVERTING.splitlines()
    project.revision("r1", f"{expand}\n{migrate}")
    project.upgrade()
    function = db.value("SELECT proname FROM pg_proc WHERE proname LIKE 'zdt_up_u%'")
    db.execute(
        f"CREATE OR REPLACE FUNCTION {function}(points int) RETURNS bigint"
        f" {REPLACEMENTS[how]}"
    )
    db.execute("UPDATE users SET points = 3 WHERE id = 1")

    for call in (migrate, contract):
        project.revision("r2", call)
        with pytest.raises(GateClosedError, match="was changed since its") as caught:
            project.upgrade()
    assert expand.split("(")[0] in caught.value.hint
    found = project.cli("status", module="alembic_zdt").stdout
    assert ("was replaced" in found) is (how == "by-a-text")

    project.revision("r2", f"{expand}\n{migrate}")
    project.upgrade()
    assert db.rows("SELECT points, total FROM users ORDER BY id") == [(3, 30), (2, 20)]
    assert "broken" not in project.cli("status", module="alembic_zdt").stdout
    project.revision("r3", contract)
    project.upgrade()


def test_replaced_cast_is_refused(db, project):
    """The cast of an enum stands in a function, though the call has no expression."""
    db.execute("CREATE TYPE status AS ENUM ('new', 'paid')")
    db.execute("CREATE TABLE users (id int PRIMARY KEY, state status)")
    text = retyping("users", "state", "sa.Text()", 'new_column_name="named"')
    expand, migrate, _ = text.splitlines()
    project.revision("r1", expand)
    project.upgrade()
    cast = db.value(
        "SELECT oid::regproc FROM pg_proc WHERE proname LIKE 'zdt_%'"
        " AND proargtypes[0] = 'status'::regtype"
    )
    db.execute(
        f"CREATE OR REPLACE FUNCTION {cast}(state status) RETURNS text"
        " LANGUAGE sql STABLE RETURN 'lost'"
    )

    project.revision("r2", migrate)
    with pytest.raises(GateClosedError, match="was changed since its expand"):
        project.upgrade()


AROUND = {
    "default": (
        "ALTER TABLE users ALTER COLUMN mail SET DEFAULT 'x'",
        "has a default",
    ),
    "inheritance": ("CREATE TABLE child () INHERITS (users)", "inherits from users"),
}


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("what", AROUND)
def test_change_around_a_window_is_refused_and_found(db, opened, driver, what):
    """The statement in the hint takes it back, and the migrate goes on."""
    project = opened("rename")
    statement, words = AROUND[what]
    db.execute(statement)

    hints = []
    for call in CALLS["rename"][:2]:
        project.revision("r2", call)
        with pytest.raises(DependentObjectsError, match=words) as caught:
            project.upgrade()
        hints.append(caught.value.hint)
    found = project.cli("status", module="alembic_zdt").stdout
    assert "broken window: " in found
    assert words in found

    (taking_back,) = {hint.partition(";")[0].removeprefix("Run: ") for hint in hints}
    db.execute(taking_back)
    project.upgrade()
    assert words not in project.cli("status", module="alembic_zdt").stdout


ADDRESS = "DOMAIN('address', sa.Text())"
DOMAINS = {
    "rename": CALLS["rename"],
    "type": [
        f"from sqlalchemy.dialects.postgresql import DOMAIN\n{call}"
        for call in retyping("users", "email", ADDRESS).splitlines()
    ],
}
REFUSING = {"rename": 0, "type": 2}


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("kind", DOMAINS)
def test_default_that_a_domain_gets_is_refused_and_found(db, project, driver, kind):
    """It is written into the twin, and a NULL that code writes becomes the default."""
    db.execute("CREATE DOMAIN address AS text")
    type_ = "address" if kind == "rename" else "varchar(20)"
    db.execute(f"CREATE TABLE users (id int PRIMARY KEY, email {type_})")
    db.execute("INSERT INTO users VALUES (1, 'a')")
    calls = DOMAINS[kind]
    project.revision("r2", "\n".join(calls[:2]))
    project.upgrade()
    db.execute("ALTER DOMAIN address SET DEFAULT 'x'")

    hints = set()
    for call in calls[REFUSING[kind] :]:
        project.revision("r3", call, down_revision="r2")
        with pytest.raises(DependentObjectsError, match="domain address") as caught:
            project.upgrade()
        hints.add(caught.value.hint)
    found = project.cli("status", module="alembic_zdt").stdout
    assert "domain address, the type of column" in found

    assert hints == {
        "Run: ALTER DOMAIN address DROP DEFAULT; then run the same command again."
    }
    db.execute("ALTER DOMAIN address DROP DEFAULT")
    project.upgrade()
    assert db.row("SELECT * FROM users") == (1, "a")


def test_domain_that_becomes_not_null_is_refused_and_found(db, project):
    """Code that does not write the twin would fail."""
    db.execute("CREATE DOMAIN address AS text")
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email address)")
    expand, migrate, _ = CALLS["rename"]
    project.revision("r1", expand)
    project.upgrade()
    db.execute("ALTER DOMAIN address SET NOT NULL")

    project.revision("r2", migrate)
    with pytest.raises(DependentObjectsError, match="is NOT NULL") as caught:
        project.upgrade()

    assert caught.value.hint.startswith("Run: ALTER DOMAIN address DROP NOT NULL;")


def test_partitions_that_come_and_go_in_a_window(db, project, driver):
    """One that is attached is in step; one that is detached keeps a CHECK too many."""
    columns = "(id int, email text)"
    db.execute(f"CREATE TABLE users {columns} PARTITION BY LIST (id)")
    db.execute("CREATE TABLE one PARTITION OF users FOR VALUES IN (1)")
    expand, migrate, contract = CALLS["rename"]
    project.revision("r1", expand)
    project.upgrade()
    db.execute("CREATE TABLE two (LIKE users INCLUDING CONSTRAINTS)")
    db.execute("INSERT INTO two VALUES (2, 'b', 'b')")
    db.execute("ALTER TABLE users ATTACH PARTITION two FOR VALUES IN (2)")

    db.execute("SET session_replication_role = replica")
    db.execute("UPDATE two SET email = 'c'")
    db.execute("RESET session_replication_role")
    assert db.column("SELECT mail FROM users") == ["c"]
    assert "broken" not in project.cli("status", module="alembic_zdt").stdout
    db.execute("ALTER TABLE two DISABLE TRIGGER ALL")
    assert "switched off" in project.cli("status", module="alembic_zdt").stdout
    project.revision("r2", migrate)
    with pytest.raises(GateClosedError, match="was changed since its expand"):
        project.upgrade()
    db.execute("ALTER TABLE users DETACH PARTITION one")
    found = project.cli("status", module="alembic_zdt").stdout
    assert f'table "{db.schema}.one" was a part of a window' in found
    (check,) = db.column(CHECK)

    project.revision(
        "r2",
        f"{expand}\n{migrate}\nop.drop_constraint_safely({check!r}, 'one', 'check')",
    )
    project.upgrade()

    db.execute("UPDATE two SET mail = 'd'")
    assert "broken" not in project.cli("status", module="alembic_zdt").stdout
    project.revision("r3", contract)
    project.upgrade()
    assert db.column("SELECT mail FROM users") == ["d"]


def test_owner_that_was_changed_is_refused_and_found(db, opened):
    """The function of the trigger must have the rights of the owner of the table."""
    project = opened("rename")
    expand, migrate, _ = CALLS["rename"]
    with role(db, "first") as first, role(db, "second") as second:
        (function,) = db.column("SELECT proname FROM pg_proc WHERE proname ~ '^zdt_s'")
        db.execute(f"ALTER TABLE users OWNER TO {first}")
        db.execute(f"ALTER FUNCTION {function}() OWNER TO {first}")
        assert "broken" not in project.cli("status", module="alembic_zdt").stdout

        db.execute(f"ALTER TABLE users OWNER TO {second}")

        found = project.cli("status", module="alembic_zdt").stdout
        assert f"belongs to {first}, which lacks the rights of {second}" in found
        assert f"\n  ALTER FUNCTION {function}() OWNER TO {second}" in found
        project.revision("r2", f"{expand}\n{migrate}")
        with pytest.raises(ForeignOwnerError, match=f'belongs to "{first}"'):
            project.upgrade()
        db.execute(f"ALTER FUNCTION {function}() OWNER TO {second}")
        project.upgrade()
        assert "broken" not in project.cli("status", module="alembic_zdt").stdout
        db.execute("DROP TABLE users")
        db.execute(f"DROP FUNCTION {function}()")
