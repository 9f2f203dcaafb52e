"""Windows that meet each other, change while they are open, or are used in odd ways."""

from __future__ import annotations

import contextlib

import psycopg
import pytest

from alembic_zdt.errors import (
    DependentObjectsError,
    GateClosedError,
    UndefinedObjectError,
    UsageError,
)
from tests.support.roles import role
from tests.support.workflows import renaming, retyping

BIG = ("sa.BigInteger()", "existing_type=sa.Integer()")


def phases(table, column, type_=BIG[0], options=BIG[1]):
    return retyping(table, column, type_, options).splitlines()


def revisions(project, *bodies):
    for number, body in enumerate(bodies, start=1):
        project.revision(
            f"r{number}", body if isinstance(body, str) else "\n".join(body)
        )


def test_a_contract_that_comes_too_early_touches_nothing(db, project):
    """Foreign keys stand where they stood."""
    db.execute("CREATE TABLE parent (id int PRIMARY KEY)")
    db.execute("INSERT INTO parent VALUES (1)")
    db.execute("CREATE TABLE child (a int CONSTRAINT fk REFERENCES parent)")
    db.execute("INSERT INTO child VALUES (1)")
    expand, _, contract = phases("child", "a")
    revisions(project, expand, contract)
    project.upgrade("r1")
    before = db.catalog()

    with pytest.raises(GateClosedError):
        project.upgrade()

    assert db.catalog() == before


def test_a_view_that_was_made_meanwhile_stops_it_before_anything(db, project):
    db.execute("CREATE TABLE parent (id int PRIMARY KEY)")
    db.execute("CREATE TABLE child (a int CONSTRAINT fk REFERENCES parent)")
    expand, migrate, contract = phases("child", "a")
    revisions(project, (expand, migrate), contract)
    project.upgrade("r1")
    db.execute("CREATE VIEW v AS SELECT a FROM child")
    before = db.catalog()

    with pytest.raises(DependentObjectsError, match="view v"):
        project.upgrade()

    assert db.catalog() == before


@pytest.mark.parametrize("written", ["ROW(1, NULL)", "ROW(NULL, NULL)", "ROW(1, 2)"])
def test_a_composite_value_with_nulls_is_a_value(db, project, written):
    db.execute("CREATE TYPE pt AS (x int, y int)")
    db.execute("CREATE TABLE t (id int, a pt)")
    project.revision("r1", renaming("t", "a", "b").splitlines()[0])
    project.upgrade()

    db.execute(f"INSERT INTO t (id, b) VALUES (1, {written})")

    assert db.value(f"SELECT a = {written}::pt AND b = a FROM t") is not False
    assert db.value("SELECT a::text FROM t") == db.value(
        f"SELECT ({written}::pt)::text"
    )


@pytest.mark.parametrize(
    "call",
    [
        renaming("t", "price", "cost").splitlines()[0],
        (
            "from sqlalchemy.dialects.postgresql import DOMAIN\n"
            'op.expand_alter_column_type("t", "a", DOMAIN("positive", sa.Integer()))'
        ),
    ],
    ids=["rename", "type"],
)
def test_a_domain_with_constraints_would_write_the_table_anew(db, project, call):
    db.execute("CREATE DOMAIN positive AS int CHECK (VALUE > 0)")
    db.execute("CREATE TABLE t (a int, price positive)")
    project.revision("r1", call)

    with pytest.raises(DependentObjectsError, match="positive has constraints"):
        project.upgrade()


def test_what_changed_after_the_migrate_counts(db, project):
    """Copies of what is not there any more go, those of what is new are made."""
    db.execute("CREATE TABLE parent (id int PRIMARY KEY)")
    db.execute("INSERT INTO parent VALUES (1), (3)")
    db.execute(
        "CREATE TABLE t (a int NOT NULL CONSTRAINT ck CHECK (a IN (1, 2))"
        " CONSTRAINT fk REFERENCES parent, b int)"
    )
    db.execute("CREATE INDEX ix ON t (a)")
    db.execute("CREATE INDEX other ON t (b, a)")
    db.execute("ALTER TABLE t ADD CONSTRAINT gone CHECK (a < 100)")
    expand, migrate, contract = phases("t", "a")
    revisions(project, (expand, migrate), (migrate, contract))
    project.upgrade("r1")
    db.execute("ALTER TABLE t DROP CONSTRAINT ck, DROP CONSTRAINT gone")
    db.execute("ALTER TABLE t ADD CONSTRAINT ck CHECK (a IN (1, 2, 3))")
    db.execute("ALTER TABLE t DROP CONSTRAINT fk")
    db.execute(
        "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES parent"
        " ON DELETE CASCADE"
    )
    db.execute("DROP INDEX ix; ALTER TABLE t ALTER a DROP NOT NULL")
    shape = db.catalog

    project.upgrade()
    found = shape()
    db.execute("ALTER TABLE t ALTER a TYPE int")
    db.execute("ALTER TABLE t ALTER a TYPE bigint")

    assert db.catalog() == found
    assert db.indexes("t") == ["other"]
    db.execute("INSERT INTO t (a) VALUES (3), (NULL)")
    db.execute("DELETE FROM parent")
    assert db.column("SELECT a FROM t") == [None]
    constraints = "SELECT conname FROM pg_constraint WHERE conrelid = 't'::regclass"
    assert db.column(f"{constraints} ORDER BY 1") == ["ck", "fk"]


ORDERS = (
    "CREATE TABLE orders (id int PRIMARY KEY)",
    "CREATE TABLE lines (order_id int NOT NULL CONSTRAINT fk REFERENCES orders)",
    "INSERT INTO orders SELECT generate_series(1, 50)",
    "INSERT INTO lines SELECT id FROM orders",
    "CREATE INDEX ix ON lines (order_id)",
)


@pytest.mark.parametrize("parent_first", [True, False])
def test_both_ends_of_a_foreign_key_become_another_type(db, project, parent_first):
    for statement in ORDERS:
        db.execute(statement)
    parent, child = phases("orders", "id"), phases("lines", "order_id")
    both = list(zip(parent, child, strict=True))
    order = both if parent_first else [pair[::-1] for pair in both]
    revisions(project, *order)

    project.upgrade()
    found = db.catalog()

    db.execute("ALTER TABLE lines DROP CONSTRAINT fk")
    for table, column in (("orders", "id"), ("lines", "order_id")):
        db.execute(f"ALTER TABLE {table} ALTER {column} TYPE int")
        db.execute(f"ALTER TABLE {table} ALTER {column} TYPE bigint")
    db.execute(
        "ALTER TABLE lines ADD CONSTRAINT fk FOREIGN KEY (order_id) REFERENCES orders"
    )
    assert db.catalog() == found


@pytest.mark.parametrize("first", ["a", "b"])
def test_two_columns_of_a_table_become_another_type_together(db, project, first):
    db.execute("CREATE TABLE t (a int, b int, CONSTRAINT ck CHECK (a <= b))")
    db.execute("CREATE INDEX ix ON t (a, b)")
    db.execute("CREATE UNIQUE INDEX uq ON t (b, a)")
    db.execute("INSERT INTO t SELECT g, g FROM generate_series(1, 50) g")
    second = "b" if first == "a" else "a"
    revisions(project, *zip(phases("t", first), phases("t", second), strict=True))

    project.upgrade()
    found = db.catalog()

    for column in "ab":
        db.execute(f"ALTER TABLE t ALTER {column} TYPE int")
        db.execute(f"ALTER TABLE t ALTER {column} TYPE bigint")
    assert db.catalog() == found


def test_a_partition_that_was_made_meanwhile_is_no_hindrance(db, project):
    db.execute("CREATE TABLE t (day int, n int) PARTITION BY RANGE (day)")
    db.execute("CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)")
    db.execute("CREATE INDEX ix ON t (n)")
    expand, migrate, contract = phases("t", "n")
    revisions(project, (expand, migrate), contract)
    project.upgrade("r1")
    db.execute("CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20)")

    project.upgrade()

    assert db.indexes("t1") == ["t1_n_idx"]
    assert len(db.indexes("t2")) == 1
    assert db.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix'::regclass")


def test_what_a_partition_has_of_its_own_is_not_lost(db, project):
    db.execute("CREATE TABLE t (day int, n int) PARTITION BY RANGE (day)")
    db.execute("CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)")
    db.execute("ALTER TABLE t1 ALTER n SET DEFAULT 7, ALTER n SET NOT NULL")
    db.execute("COMMENT ON COLUMN t1.n IS 'own'")
    project.revision("r1", phases("t", "n")[0])

    with pytest.raises(DependentObjectsError) as caught:
        project.upgrade()

    for words in ("a default", "NOT NULL", "a comment"):
        assert f"{words} of its own on t1" in caught.value.detail


def test_writers_may_have_any_search_path(db, project):
    db.execute("CREATE TYPE mood AS ENUM ('sad', 'glad')")
    db.execute("CREATE TABLE t (id int, a text)")
    call = 'sa.Enum("sad", "glad", name="mood")'
    project.revision("r1", phases("t", "a", call, "existing_type=sa.Text()")[0])
    project.upgrade()

    with db.session() as writer:
        writer.execute("SET search_path = pg_catalog")
        writer.execute(f"INSERT INTO {db.schema}.t VALUES (1, 'glad')")
        writer.execute(f"UPDATE {db.schema}.t SET a = 'sad'")

    assert db.value("SELECT a FROM t") == "sad"


@pytest.fixture
def writer(db):
    """A role that may write, where functions are not for everybody."""
    revoking = "ALTER DEFAULT PRIVILEGES {} EXECUTE ON FUNCTIONS {} PUBLIC"
    db.execute(revoking.format("REVOKE", "FROM"))
    with contextlib.ExitStack() as stack:
        yield stack.enter_context(role(db, "writer"))
    db.execute(revoking.format("GRANT", "TO"))


def test_whoever_writes_may_convert(db, project, writer):
    db.execute("CREATE TABLE t (a int)")
    db.execute(f"GRANT INSERT, UPDATE ON t TO {writer}")
    db.execute(f"GRANT USAGE ON SCHEMA {db.schema} TO {writer}")
    options = 'using="a / 100.0", reverse_using="a * 100"'
    project.revision("r1", phases("t", "a", "sa.Numeric(10, 2)", options)[0])
    project.upgrade()

    with db.session() as session:
        session.execute(f"SET ROLE {writer}")
        session.execute("INSERT INTO t VALUES (1250)")

    assert db.value("SELECT a FROM t") == 1250


SPELLINGS = {
    "collation": ("text", 'sa.Text(collation="C")', "text C"),
    "interval": (
        "interval",
        'postgresql.INTERVAL(fields="YEAR TO MONTH")',
        "interval year to month",
    ),
    "char": ("text", "sa.CHAR()", "character(1) default"),
}
SPELLED = (
    "SELECT concat_ws(' ', format_type(atttypid, atttypmod), collname)"
    " FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation"
    " WHERE attrelid = 't'::regclass AND attname = 'a'"
)


@pytest.mark.parametrize(("old", "new", "wanted"), SPELLINGS.values(), ids=SPELLINGS)
def test_each_part_of_a_type_counts(db, project, old, new, wanted):
    """Also when all of it is run again."""
    db.execute(f"CREATE TABLE t (id int, a {old})")
    db.execute("INSERT INTO t VALUES (1, NULL)")
    project.revision("r1", retyping("t", "a", new))

    project.upgrade()
    assert db.value(SPELLED) == wanted
    before = db.catalog()
    project.run("stamp", "base")
    project.upgrade()

    assert db.catalog() == before


def test_the_same_type_is_refused(db, project):
    db.execute("CREATE TABLE t (a int)")
    call = phases("t", "a", "sa.Integer()", "existing_type=sa.Integer()")[0]
    project.revision("r1", call)

    with pytest.raises(UsageError, match=r'"t\.a" is INTEGER already'):
        project.upgrade()


def test_an_end_towards_a_type_that_no_window_has_is_refused(db, project):
    """Without existing_type= nobody knows which window is meant."""
    db.execute("CREATE TABLE t (a int)")
    project.revision("r1", phases("t", "a")[0])
    project.revision("r2", 'op.contract_alter_column_type("t", "a", sa.Integer())')
    project.upgrade("r1")
    before = db.catalog()

    with pytest.raises(UndefinedObjectError, match="no twin of type INTEGER"):
        project.upgrade()

    assert db.catalog() == before


def test_rights_are_what_they_are_at_the_contract(db, project):
    db.execute("CREATE TABLE t (a int)")
    with contextlib.ExitStack() as stack:
        early, late = (stack.enter_context(role(db, n)) for n in ("early", "late"))
        db.execute(f"GRANT SELECT (a) ON t TO {early}")
        expand, migrate, contract = phases("t", "a")
        revisions(project, (expand, migrate), contract)
        project.upgrade("r1")
        db.execute(f"REVOKE SELECT (a) ON t FROM {early}")
        db.execute(f"GRANT UPDATE (a) ON t TO {late}")

        project.upgrade()

        can = "SELECT has_column_privilege(%s, 't', 'a', %s)"
        assert not db.value(can, early, "SELECT")
        assert db.value(can, late, "UPDATE")


def test_the_sequence_of_an_identity_that_others_use_stays(db, project):
    db.execute("CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY)")
    db.execute("CREATE TABLE u (id int DEFAULT nextval('t_id_seq'))")
    project.revision("r1", phases("t", "id")[0])

    with pytest.raises(DependentObjectsError, match="by sequence t_id_seq"):
        project.upgrade()


def test_statistics_of_expressions_are_there_after_the_swap(db, project):
    db.execute("CREATE TABLE t (a int)")
    db.execute("INSERT INTO t SELECT generate_series(1, 100)")
    db.execute("CREATE INDEX ix ON t ((a % 7))")
    project.revision("r1", "\n".join(phases("t", "a")))

    project.upgrade()

    assert db.value("SELECT count(*) FROM pg_stats WHERE tablename = 'ix'") == 1


def test_a_default_on_delete_is_refused(db, project):
    """Between the change of the foreign key and the swap the twin has no default."""
    db.execute("CREATE TABLE p (id int PRIMARY KEY)")
    db.execute(
        "CREATE TABLE t (a int DEFAULT 1 CONSTRAINT fk REFERENCES p"
        " ON DELETE SET DEFAULT)"
    )
    project.revision("r1", phases("t", "a")[0])

    with pytest.raises(DependentObjectsError, match="constraint fk"):
        project.upgrade()


def test_a_failed_write_is_the_values_fault(db, project):
    """What cannot be converted fails with the server's own error."""
    db.execute("CREATE TABLE t (a text)")
    project.revision(
        "r1", phases("t", "a", "sa.Integer()", "existing_type=sa.Text()")[0]
    )
    project.upgrade()

    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        db.execute("INSERT INTO t VALUES ('x')")
