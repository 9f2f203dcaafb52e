"""Queries of new code find the indexes and statistics that those of old code found."""

from __future__ import annotations

import re

import pytest

from tests.commands.planning import text_of
from tests.support.db import quoted
from tests.support.output import parsed

USERS = (
    (
        "CREATE TABLE users (id int PRIMARY KEY, email varchar(80) NOT NULL UNIQUE,"
        " a int, valid int4range)"
    ),
    (
        "INSERT INTO users SELECT g, 'u' || g, g % 9, int4range(g, g + 1)"
        " FROM generate_series(1, 3000) g"
    ),
    "CREATE INDEX pairs ON users (a DESC, email varchar_pattern_ops) INCLUDE (id)",
    "CREATE INDEX expression ON users (lower(email)) WITH (fillfactor = 70)",
    "ALTER INDEX expression ALTER COLUMN 1 SET STATISTICS 700",
    "CREATE INDEX partial ON users (a) WHERE email > 'u5'",
    "CREATE INDEX hashed ON users USING hash (email)",
    "CREATE STATISTICS pair (ndistinct, mcv) ON email, a FROM users",
    "ALTER STATISTICS pair SET STATISTICS 300",
    "CREATE STATISTICS short ON (left(email, 2)) FROM users",
    "ALTER TABLE users ALTER email SET STATISTICS 400",
    "ALTER TABLE users ALTER email SET (n_distinct = -0.9)",
)
QUERIES = (
    "SELECT id FROM users WHERE {c} = 'u7'",
    "SELECT id FROM users WHERE lower({c}) = 'u7'",
    "SELECT id FROM users WHERE a = 3 AND {c} LIKE 'u7%'",
    "SELECT a FROM users WHERE a = 3 AND {c} > 'u5'",
    "SELECT u.id FROM users u JOIN users v ON u.{c} = v.{c} WHERE v.id = 5",
    (
        "INSERT INTO users (id, {c}) VALUES (7, 'u7') ON CONFLICT ({c})"
        " DO UPDATE SET {c} = EXCLUDED.{c}"
    ),
)
RENAMED = "op.{}_rename_column('users', 'email', 'mail'{})"
RETYPED = (
    "op.{}_alter_column_type('users', 'email', sa.Text(), new_column_name='mail',"
    " existing_type=sa.String(80){})"
)


@pytest.fixture
def users(db):
    for statement in USERS:
        db.execute(statement)
    db.execute("VACUUM ANALYZE users")


@pytest.fixture
def plans(db):
    """How the server would run the queries of the code for a column."""

    def of(column):
        # Whether a page is all visible, and rows are in order, is not ours to copy.
        for kind in ("seqscan", "indexonlyscan", "bitmapscan"):
            db.execute(f"SET enable_{kind} = off")
        found = {}
        for query in QUERIES:
            rows = db.column(f"EXPLAIN (FORMAT JSON) {query.format(c=column)}")
            found[query] = list(nodes(rows[0][0]["Plan"]))
        return found

    return of


STATISTICS = (
    "SELECT stxname::text, coalesce(stxstattarget, -1)::int FROM pg_statistic_ext"
    " WHERE stxnamespace = current_schema()::regnamespace ORDER BY 1"
)


def nodes(plan):
    """What the nodes of a plan do, and by an index on how many columns."""
    arbiters = plan.get("Conflict Arbiter Indexes", ())
    yield plan["Node Type"], "Index Name" in plan or len(arbiters) == 1
    for part in plan.get("Plans", ()):
        yield from nodes(part)


@pytest.fixture
def revisions(project):
    """Write three revisions, of which two run before the new code is deployed."""

    def write(call, options=""):
        project.revision("r1", call.format("expand", ""))
        project.revision("r2", call.format("migrate", options))
        project.revision("r3", call.format("contract", ""))

    return write


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("call", [RENAMED, RETYPED], ids=["renamed", "retyped"])
def test_new_code_has_the_plans_of_old_code(
    db, project, users, plans, revisions, call, driver
):
    names, wanted = db.indexes("users"), plans("email")
    revisions(call)

    project.upgrade("r2")

    assert plans("email") == plans("mail") == wanted
    assert all(any(index for _, index in found) for found in wanted.values())
    project.upgrade("r3")
    assert plans("mail") == wanted
    assert db.indexes("users") == names
    assert db.rows(STATISTICS) == [("pair", 300), ("short", -1)]


def test_the_server_knows_as_much_of_the_twin(db, project, users, revisions):
    """Targets and extended statistics are those of the original, and gathered."""
    revisions(RENAMED)

    project.upgrade("r2")

    settings = (
        "SELECT attstattarget::int, attoptions FROM pg_attribute"
        " WHERE attrelid = 'users'::regclass AND attname = %s"
    )
    assert (
        db.row(settings, "mail")
        == db.row(settings, "email")
        == (400, ["n_distinct=-0.9"])
    )
    targets = (
        "SELECT count(*) FROM pg_attribute a JOIN pg_index i"
        " ON i.indexrelid = a.attrelid WHERE i.indrelid = 'users'::regclass"
        " AND a.attstattarget = 700"
    )
    assert db.value(targets) == 2
    gathered = (
        "SELECT count(*) FROM pg_stats_ext WHERE schemaname = current_schema()"
        " AND (n_distinct IS NOT NULL OR exprs IS NOT NULL)"
    )
    assert db.value(gathered) == 4


@pytest.mark.parametrize("call", [RENAMED, RETYPED], ids=["renamed", "retyped"])
def test_copy_indexes_leaves_them_out(db, project, users, revisions, call):
    names = db.indexes("users")
    revisions(call, ", copy_indexes=False")

    project.upgrade("r2")

    assert db.indexes("users") == names
    project.upgrade("r3")
    assert db.indexes("users") == names


def test_a_run_that_died_goes_on_with_the_indexes(db, project, users, revisions):
    """An INVALID leftover is dropped, a copy of a dropped index is gone."""
    revisions(RENAMED)
    project.upgrade("r2")
    copies = [name for name in db.indexes("users") if name.startswith("zdt_copy")]
    assert len(copies) == 5
    db.execute("DROP INDEX hashed")
    db.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass",
        quoted(copies[0]),
    )
    db.execute("UPDATE alembic_version SET version_num = 'r1'")

    project.upgrade("r2")

    left = [name for name in db.indexes("users") if name.startswith("zdt_copy")]
    assert set(left) < set(copies)
    assert len(left) == 4
    assert db.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0


PATIENT = {
    "unique": "UNIQUE (place) DEFERRABLE",
    "exclusion": "EXCLUDE USING btree (place WITH =) DEFERRABLE",
}


@pytest.mark.parametrize("constraint", PATIENT.values(), ids=PATIENT)
def test_a_deferrable_constraint_is_as_patient_as_before(db, project, constraint):
    """An immediate copy of its index would refuse what it allows until COMMIT."""
    ranks(db, constraint)
    names = "'ranks', 'place', 'rank'"
    project.revision("r1", f"op.expand_rename_column({names})")
    project.revision("r2", f"op.migrate_rename_column({names})")

    project.upgrade("r2")

    assert db.execute("UPDATE ranks SET place = 10 - place") == 9
    assert db.execute("UPDATE ranks SET rank = 10 - rank") == 9
    assert len(db.indexes("ranks")) == 3


def test_a_deferrable_key_of_another_type(db, project):
    """Until the contract its copy is an ordinary index."""
    ranks(db, PATIENT["unique"])
    names = "'ranks', 'place', sa.BigInteger(), existing_type=sa.Integer()"
    for number, phase in enumerate(("expand", "migrate", "contract")):
        call = f"op.{phase}_alter_column_type({names}, new_column_name='rank')"
        project.revision(f"r{number}", call)

    project.upgrade("r1")

    assert db.execute("UPDATE ranks SET rank = 10 - rank") == 9
    assert len(db.indexes("ranks")) == 3
    project.upgrade("r2")
    assert db.execute("UPDATE ranks SET rank = 10 - rank") == 9
    assert db.indexes("ranks") == ["ranks_pkey", "uq"]


def ranks(db, constraint):
    db.execute("CREATE TABLE ranks (id int PRIMARY KEY, place int)")
    db.execute(f"ALTER TABLE ranks ADD CONSTRAINT uq {constraint}")
    db.execute("INSERT INTO ranks SELECT g, g FROM generate_series(1, 9) g")


def test_partitions_and_their_own_indexes(db, project):
    for statement in (
        "CREATE TABLE events (day int, body text) PARTITION BY RANGE (day)",
        "CREATE TABLE e1 PARTITION OF events FOR VALUES FROM (0) TO (100)",
        "CREATE TABLE e2 PARTITION OF events DEFAULT",
        "INSERT INTO events SELECT g, 'b' || g FROM generate_series(1, 200) g",
        "CREATE UNIQUE INDEX uq ON events (day, body)",
        "CREATE INDEX own ON e1 (lower(body))",
    ):
        db.execute(statement)
    before = db.catalog()
    names = "'events', 'body', 'words'"
    back = "op.contract_rename_column('events', 'words', 'body')"
    project.revision("r1", f"op.expand_rename_column({names})", back)
    project.revision("r2", f"op.migrate_rename_column({names})")

    project.upgrade("r2")

    assert {t: len(db.indexes(t)) for t in ("events", "e1", "e2")} == {
        "events": 2,
        "e1": 4,
        "e2": 2,
    }
    upsert = "INSERT INTO events (day, words) VALUES (7, 'b7') ON CONFLICT (day, words)"
    assert db.execute(f"{upsert} DO NOTHING") == 0
    project.models("metadata = sa.MetaData()")
    found = project.cli("check", "--json", module="alembic_zdt")
    checks = {each["check"] for each in parsed("check", found.stdout)["findings"]}
    assert checks <= {"model-difference", "unwritten-contract"}
    project.downgrade("base")
    assert db.catalog() == before


def test_the_plan_says_what_the_copies_cost(project, users, revisions):
    revisions(RENAMED)

    plan = " ".join(text_of(project))

    words = " ".join(plan.split())
    assert "copies of indexes take about as much space as the originals:" in words
    assert re.search(r'"users_email_key" \d+ kB; until the contract each write', words)
    assert 'ON CONFLICT that uses one of "users_email_key", or its copy' in words
