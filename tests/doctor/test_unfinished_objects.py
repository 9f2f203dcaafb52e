"""What earlier migrations have left, and keys that run out of numbers."""

from __future__ import annotations

import re
from types import SimpleNamespace

import psycopg
import pytest

from tests.support.names import every_name


def test_invalid_index(db, project, driver, diagnosed):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO users VALUES (1, 'a'), (2, 'a')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        db.execute("CREATE UNIQUE INDEX CONCURRENTLY ix ON users (email)")

    ((severity, words),) = diagnosed("invalid-index")

    assert severity == "warning"
    assert "is INVALID" in words
    assert "op.reindex_concurrently" in words


def test_copy_of_an_interrupted_reindex_is_to_be_dropped(db, project, diagnosed):
    """A reindex of the copy would drop it first, and then find no index."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("CREATE INDEX ix ON users (email)")
    db.execute("CREATE INDEX ix_ccnew ON users (email)")
    db.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_ccnew'::regclass"
    )

    ((_, words),) = diagnosed("invalid-index")

    (call,) = re.findall(r"op\.\w+\(.*\)", words)
    project.revision("r1", call)
    project.upgrade()
    assert diagnosed("invalid-index") == []
    assert db.indexes("users") == ["ix", "users_pkey"]


def test_trigger_that_was_switched_off(db, project, diagnosed):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    project.revision("r1", 'op.expand_rename_column("users", "email", "address")')
    project.upgrade()
    assert diagnosed("missing-trigger") == []
    db.execute("ALTER TABLE users DISABLE TRIGGER USER")

    ((severity, words),) = diagnosed("missing-trigger")

    assert severity == "error"
    assert 'nothing keeps "email" and "address"' in words


# ------------------------------------------------------------------------- numbers


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("at", "severity"),
    [(1_000_000_000, None), (1_600_000_000, "warning"), (2_100_000_000, "error")],
)
def test_serial_key(db, project, driver, diagnosed, at, severity):
    """Each driver runs half of them."""

    db.execute("CREATE TABLE users (id serial PRIMARY KEY)")
    db.execute(f"SELECT setval('users_id_seq', {at})")

    found = diagnosed("sequence-near-end")

    assert [kind for kind, _ in found] == ([severity] if severity else [])
    if found:
        assert f'column "id" of "{db.schema}.users"' in found[0][1]
        assert "op.expand_alter_column_type('users', 'id', sa.Big" in found[0][1]
    assert diagnosed("key-near-end") == []


def test_reference_that_is_narrower_than_its_key(db, project, diagnosed):
    """The key has room for ever, and what refers to it is full."""
    db.execute("CREATE TABLE users (id bigserial PRIMARY KEY)")
    db.execute("CREATE TABLE orders (id bigint, buyer int REFERENCES users)")
    db.execute("SELECT setval('users_id_seq', 2000000000)")

    ((severity, words),) = diagnosed("sequence-near-end")

    assert severity == "error"
    assert f'column "buyer" of "{db.schema}.orders" gets numbers of' in words
    assert "at 2000000000, 93 %" in words


def test_sequence_that_was_forgotten(db, project, diagnosed):
    """The column is a bigint by now, its sequence still has integers."""
    db.execute("CREATE TABLE users (id serial PRIMARY KEY)")
    db.execute("ALTER TABLE users ALTER COLUMN id TYPE bigint")
    db.execute("SELECT setval('users_id_seq', 2000000000)")

    ((severity, words),) = diagnosed("sequence-near-end")

    assert severity == "error"
    assert f'sequence "{db.schema}.users_id_seq" is at 2000000000, 93 %' in words
    (statement,) = [line for line in words.splitlines() if line.startswith("ALTER")]
    db.execute(statement)
    assert diagnosed("sequence-near-end") == []


@pytest.mark.parametrize(
    "options",
    ["CYCLE", "INCREMENT -1 MINVALUE -2147483648 MAXVALUE 2147483647"],
)
def test_sequences_without_an_end(db, project, diagnosed, options):
    db.execute(f"CREATE SEQUENCE numbers AS integer {options} START 2147483000")

    assert diagnosed("sequence-near-end") == []


def test_identity_and_smallint(db, project, diagnosed):
    db.execute(
        "CREATE TABLE states (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)"
    )
    db.execute("SELECT setval(pg_get_serial_sequence('states', 'id'), 30000)")

    ((severity, words),) = diagnosed("sequence-near-end")

    assert severity == "error"
    assert "30000, 92 %" in words


@pytest.mark.drivers_by_turns
@every_name
def test_key_without_a_sequence(db, project, driver, diagnosed, names):
    """Each driver runs half of them."""

    db.execute(f"CREATE TABLE {names.t} ({names.c} int PRIMARY KEY)")
    db.execute("CREATE TABLE empty (id int PRIMARY KEY)")
    db.execute("CREATE TABLE wide (id bigint PRIMARY KEY)")
    db.execute("INSERT INTO wide VALUES (9000000000)")
    db.execute(f"INSERT INTO {names.t} VALUES (1), (1700000000)")

    ((severity, words),) = diagnosed("key-near-end")

    assert severity == "warning"
    assert "is at 1700000000, 79 %" in words
    assert f'primary key "{names.column}" of' in words


def test_many_keys(db, project, diagnosed):
    """They are asked for a hundred at a time."""
    for number in range(205):
        db.execute(f"CREATE TABLE t{number} (id int PRIMARY KEY)")
    db.execute("INSERT INTO t0 VALUES (2147483647)")
    db.execute("INSERT INTO t204 VALUES (2147483647)")

    assert len(diagnosed("key-near-end")) == 2


def test_partitioned_keys(db, project, driver, diagnosed):
    """Found once, whatever has how many partitions."""
    db.execute("CREATE TABLE a (id int PRIMARY KEY) PARTITION BY RANGE (id)")
    db.execute("CREATE TABLE a1 PARTITION OF a DEFAULT")
    db.execute("INSERT INTO a VALUES (2147483000)")
    db.execute("CREATE TABLE b (id serial PRIMARY KEY) PARTITION BY RANGE (id)")
    db.execute("CREATE TABLE b1 PARTITION OF b DEFAULT")
    db.execute("SELECT setval('b_id_seq', 2147483000)")
    db.execute("CREATE TABLE c (id int) PARTITION BY RANGE (id)")
    db.execute("CREATE TABLE c1 (id serial)")
    db.execute("SELECT setval('c1_id_seq', 2147483000)")
    db.execute("ALTER TABLE c ATTACH PARTITION c1 DEFAULT")

    ((_, words),) = diagnosed("key-near-end")
    assert f'"id" of "{db.schema}.a"' in words
    found = sorted(words for _, words in diagnosed("sequence-near-end"))
    assert len(found) == 2
    assert f'"id" of "{db.schema}.b"' in found[0]
    assert f'"id" of "{db.schema}.c1"' in found[1]


def test_domain_over_integer(db, project, diagnosed):
    db.execute("CREATE DOMAIN positive AS int CHECK (VALUE > 0)")
    db.execute("CREATE DOMAIN number AS positive")
    db.execute("CREATE SEQUENCE s; SELECT setval('s', 2147483000)")
    db.execute("CREATE TABLE a (id number PRIMARY KEY)")
    db.execute("CREATE TABLE b (id number DEFAULT nextval('s'))")
    db.execute("INSERT INTO a VALUES (2147483000)")

    assert len(diagnosed("key-near-end")) == 1
    assert len(diagnosed("sequence-near-end")) == 1


def test_tables_that_cannot_be_read_do_not_hide_the_others(db, project, diagnosed):
    """Another session's temporary one, a locked one, one with row security."""
    for name in ("locked", "secure", "full_one"):
        db.execute(f"CREATE TABLE {name} (id int PRIMARY KEY)")
    db.execute("INSERT INTO full_one VALUES (2147483000)")
    with db.session() as other:
        other.execute("CREATE TEMP TABLE t (id int PRIMARY KEY)")
        with db.holding("LOCK TABLE locked"):
            ((_, words),) = diagnosed("key-near-end")

    assert "full_one" in words


def test_names_that_must_be_quoted_in_a_call(db, project, diagnosed):
    """The hint is Python."""
    db.execute('CREATE TABLE "we""ird" (id int)')
    db.execute('ALTER TABLE "we""ird" ADD CONSTRAINT "c""k" CHECK (id > 0) NOT VALID')

    ((_, words),) = diagnosed("not-valid-constraint")

    call = words.splitlines()[-1].rstrip(".")
    calls = []
    noting = SimpleNamespace(validate_constraint=lambda *a, **_k: calls.append(a))
    exec(call, {"op": noting})  # noqa: S102  # a hint of ours
    assert calls == [('c"k', 'we"ird')]


@pytest.mark.pg(">=18")
def test_constraint_that_is_not_enforced_is_not_to_be_validated(db, project, diagnosed):
    db.execute("CREATE TABLE parcels (weight int)")
    db.execute("ALTER TABLE parcels ADD CONSTRAINT c CHECK (weight > 0) NOT ENFORCED")

    assert diagnosed("not-valid-constraint") == []
