"""A step is skipped when just what it would make is there, and never else."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from psycopg import Error

from alembic_zdt.errors import ZdtError
from tests.offline.scripts import statements
from tests.operations.existing import MORE, OTHER, SAME, TABLES

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
    """The server says what is the same; how somebody wrote it does not matter."""
    tables.execute(statement)
    before = state(tables)

    run_online(tables, call)

    assert state(tables) == before


@cases(OTHER)
def test_another_one_is_refused(tables, call, statement):
    """Nothing is skipped, and nothing is dropped."""
    tables.execute(statement)
    before = state(tables)

    with pytest.raises(ZdtError) as refused:
        run_online(tables, call)

    assert state(tables) == before
    assert refused.value.detail


@cases(SAME)
def test_script_skips_the_same_in_other_words(tables, call, statement):
    """A script that is run again changes nothing."""
    tables.execute(statement)
    before = state(tables)

    run_script(tables, call)

    assert state(tables) == before


@cases(OTHER)
def test_script_refuses_another_one(tables, call, statement):
    """A script does not take it for its own because of the name."""
    tables.execute(statement)
    before = state(tables)

    with pytest.raises(Error):
        run_script(tables, call)

    assert state(tables) == before
