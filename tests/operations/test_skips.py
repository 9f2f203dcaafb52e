"""A step is skipped when just what it would make is there, and never else."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from psycopg import Error

from alembic_zdt.errors import DuplicateObjectError, ZdtError
from alembic_zdt.runner import online
from tests.operations.existing import MORE, OTHER, SAME, TABLES
from tests.runner.script.scripts import statements

STATE = """SELECT jsonb_object_agg(what, rows) FROM (
  SELECT 'relations', jsonb_agg(concat_ws(' ', oid, relname, xmin) ORDER BY oid)
  FROM pg_class WHERE relnamespace = %s::regnamespace AND relname !~ '^alembic_zdt'
  UNION ALL SELECT 'columns', jsonb_agg(concat_ws(' ', a.attrelid, a.attnum, a.xmin)
    ORDER BY a.attrelid, a.attnum) FROM pg_attribute a JOIN pg_class c
    ON c.oid = a.attrelid WHERE c.relnamespace = %s::regnamespace
    AND c.relname !~ '^alembic_zdt'
  UNION ALL SELECT 'constraints', jsonb_agg(concat_ws(' ', oid, conname, xmin)
    ORDER BY oid) FROM pg_constraint WHERE conrelid = ANY (SELECT oid FROM pg_class
      WHERE relnamespace = %s::regnamespace AND relname !~ '^alembic_zdt')
  UNION ALL SELECT 'values', jsonb_agg(concat_ws(' ', oid, enumlabel, xmin)
    ORDER BY oid) FROM pg_enum
) x (what, rows)"""


def state(db):
    """Return what the catalog holds, and which transaction wrote it."""
    return db.value(STATE, db.schema, db.schema, db.schema)


@pytest.fixture
def tables(db):
    """Make the tables of all cases."""
    for statement in (*TABLES, *MORE):
        db.execute(statement)
    return db


def run_online(db, call):
    """Run a directive as a revision would."""
    engine = sa.create_engine(db.url(), poolclass=sa.NullPool)
    with engine.connect() as connection:
        op = Operations(MigrationContext.configure(connection))
        exec(call, {"op": op, "sa": sa})  # noqa: S102  # a case of ours
        connection.commit()


def script_of(call):
    """Write a directive as a plain script."""
    buffer = io.StringIO()
    options = {"as_sql": True, "output_buffer": buffer, "zdt_sql_flavor": "plain"}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    exec(call, {"op": Operations(context), "sa": sa})  # noqa: S102  # a case of ours
    return list(statements(buffer.getvalue()))


def run_script(db, call):
    """Run the plain script of a directive through the driver."""
    with db.session() as session:
        for statement in script_of(call):
            session.execute(statement)


def cases(found):
    """Return parameters, each for the versions that know it."""
    return pytest.mark.parametrize(
        ("call", "statement"),
        [
            pytest.param(
                call,
                statement,
                id=name,
                marks=pytest.mark.pg(f">={since}") if since else (),
            )
            for name, (call, statement, since) in found.items()
        ],
    )


@cases(SAME)
def test_the_same_in_other_words_is_skipped(tables, call, statement):
    """The server says what is the same, to a directive and to its script."""
    tables.execute(statement)
    before = state(tables)

    run_online(tables, call)
    assert state(tables) == before

    run_script(tables, call)
    assert state(tables) == before


@cases(OTHER)
def test_another_one_is_refused(tables, call, statement):
    """Nothing is skipped, and nothing is dropped, by a directive or by its script."""
    tables.execute(statement)
    before = state(tables)

    with pytest.raises(ZdtError) as refused:
        run_online(tables, call)
    assert refused.value.detail
    assert state(tables) == before

    with pytest.raises(Error):
        run_script(tables, call)
    assert state(tables) == before


@pytest.mark.pg(">=15")
@pytest.mark.parametrize("run", [run_online, run_script])
def test_index_in_another_tablespace_is_refused(tables, admin, run):
    """Only where a tablespace is asked for."""
    name = f"zdt_{tables.schema}"
    admin.execute("SET allow_in_place_tablespaces = on")
    admin.execute(f"CREATE TABLESPACE {name} LOCATION ''")
    call = "op.create_index_concurrently('ix', 'users', ['email']{})"
    elsewhere = call.format(", postgresql_tablespace='pg_default'")
    try:
        tables.execute(f"CREATE INDEX ix ON users (email) TABLESPACE {name}")

        run(tables, call.format(""))
        with pytest.raises((ZdtError, Error), match=f"TABLESPACE {name}"):
            run(tables, elsewhere)
    finally:
        tables.execute("DROP INDEX ix")
        admin.execute(f"DROP TABLESPACE {name}")


def test_script_compares_what_is_made_meanwhile(tables):
    """A step is skipped for a name, which somebody has taken."""
    call = "op.create_check_constraint_two_phase('ck', 'users', 'age > 0')"
    taking = "ALTER TABLE users ADD CONSTRAINT ck CHECK (age > 5)"

    def run():
        with tables.session() as session:
            for statement in script_of(call):
                session.execute(statement)
                if "zdt_compare(" in statement and "CREATE" not in statement:
                    session.execute(taking)

    with pytest.raises(Error, match="another definition"):
        run()

    assert tables.is_true("SELECT count(*) = 1 FROM pg_constraint WHERE conname = 'ck'")


def test_check_that_is_made_meanwhile_is_compared(tables, monkeypatch):
    """Nothing had the name when the server was asked for a definition."""
    survey = online.survey
    made = iter(["ALTER TABLE users ADD CONSTRAINT ck CHECK (age > 5)"])

    def asked(database, questions):
        found = survey(database, questions)
        for statement in made:
            tables.execute(statement)
        return found

    monkeypatch.setattr(online, "survey", asked)

    with pytest.raises(DuplicateObjectError, match=r"age > 5.*Wanted: .*age > 0"):
        run_online(
            tables, "op.create_check_constraint_two_phase('ck', 'users', 'age > 0')"
        )
