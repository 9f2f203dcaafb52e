"""How many questions the guard asks: few, and no more for each call than for the first.

A question is a statement that the guard sends on the connection of the run.
"""

from __future__ import annotations

import math
import sys

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from alembic_zdt.errors import UnsafeOperationError
from alembic_zdt.guard import running_code, upgrade_guard
from alembic_zdt.oracle import largest, oracle
from benchmarks.guard_chain import Chain, old_tables, on_old_tables

TABLE = (
    'op.create_table("t{n}", sa.Column("id", sa.Integer(), primary_key=True))\n'
    'op.add_column("t{half}", sa.Column("c{n}", sa.Integer()))\n'
    'op.create_index("i{n}", "t{half}", ["c{n}"])'
)
SQL = TABLE + '\nop.execute("INSERT INTO t{n} VALUES (1)")'
IN_BATCH = (
    'op.create_table("t{n}", sa.Column("id", sa.Integer(), primary_key=True))\n'
    'with op.batch_alter_table("t{half}") as batch:\n'
    '    batch.add_column(sa.Column("c{n}", sa.Integer()))'
)
OLD = 'op.add_column("old{n}", sa.Column("c", sa.Integer()))'


@pytest.fixture
def asked():
    """Count the statements that the guard sends."""
    found: list[str] = []

    def see(_connection, _cursor, statement, *_rest):
        frame = sys._getframe()
        while frame is not None:
            if "/alembic_zdt/oracle/" in frame.f_code.co_filename:
                found.append(statement)
                return
            frame = frame.f_back

    event.listen(sa.Engine, "before_cursor_execute", see)
    yield found
    event.remove(sa.Engine, "before_cursor_execute", see)


@pytest.fixture
def chain(project, asked):
    """Upgrade a chain of revisions; return how many statements the guard has sent."""

    def run(body, first, last):
        for n in range(first, last):
            project.revision(f"r{n}", body.format(n=n, half=(first + n) // 2))
        asked.clear()
        project.upgrade()
        return len(asked)

    return run


@pytest.mark.parametrize("body", [TABLE, IN_BATCH])
def test_new_database_is_asked_once(project, chain, body):
    assert chain(body, 0, 10) <= 10


@pytest.fixture
def timeless(monkeypatch):
    """Let no answer become old."""
    for module in (largest, oracle, running_code):
        monkeypatch.setattr(module, "_LASTS", math.inf)


def test_long_chain_on_a_new_database_asks_as_little(project, asked, timeless):
    """Three questions: for tables, for a large one, for other programs."""
    for n, body in enumerate(Chain(23).bodies(30, 100)):
        project.revision(f"r{n}", body)

    project.upgrade()

    assert sum(each.startswith("SAVEPOINT") for each in asked) <= 3
    assert len(asked) <= 16


def test_answers_are_remembered_for_the_next_calls(db, project, asked, timeless):
    """One question a revision, for the size of its table, and a few for the run."""
    db.execute("; ".join(old_tables()))
    bodies = on_old_tables(10)
    for n, body in enumerate(bodies):
        project.revision(f"r{n}", body)

    project.upgrade()

    assert 0 < len(asked) <= 3 * (len(bodies) + 5)


def test_questions_of_one_call_share_a_savepoint(db, project, big, stopped, asked):
    stopped('op.create_foreign_key("fk", "users", "users", ["age"], ["id"])')

    begun = [each for each in asked if each.startswith("SAVEPOINT")]
    questions = [each for each in asked if "SELECT" in each]
    assert len(questions) > len(begun)
    assert len(begun) == sum("RELEASE SAVEPOINT" in each for each in asked)


def test_new_database_is_asked_again_where_rows_were_added(project, chain):
    """At most one question, of a few statements, for each INSERT."""
    assert chain(SQL, 0, 10) <= 10 * 6


def test_guard_that_is_off_asks_nothing(db, project, big, chain):
    project.settings(guard="off", small_table_rows="10")

    assert chain('op.create_index("i{n}", "users", ["age"])', 0, 1) == 0
    assert db.indexes("users") == ["i0", "users_pkey"]


def test_new_tables_beside_a_big_one_are_asked_for_once(project, big, chain):
    assert chain(TABLE, 0, 10) <= 10


@pytest.mark.parametrize("body", [SQL, OLD])
def test_questions_grow_with_the_calls(db, project, big, chain, body):
    """All in one transaction, as the stock template runs them."""
    for n in range(24):
        db.execute(f"CREATE TABLE old{n} AS SELECT generate_series(1, 30) AS id")
        db.execute(f"ANALYZE old{n}")
    project.settings(small_table_rows="10", guard="warn")

    few, many = chain(body, 0, 8), chain(body, 8, 24)

    assert 0 < many <= 2 * few + 10


def test_table_that_is_filled_by_the_run_is_big(db, project):
    project.settings(small_table_rows="10")
    project.configure(transaction_per_migration=True)
    project.revision("r1", 'op.create_table("t", sa.Column("id", sa.Integer()))')
    fill = "INSERT INTO t SELECT generate_series(1, 50000)"
    project.revision("r2", f'op.execute("{fill}")')
    project.revision("r3", 'op.create_index("ix", "t", ["id"])')

    with pytest.raises(UnsafeOperationError):
        project.upgrade()

    assert project.current == ["r2"]
    assert db.indexes("t") == []


def test_table_that_a_session_of_the_revision_fills_is_big(db, project):
    project.settings(small_table_rows="10")
    db.execute("CREATE TABLE t (id int)")
    fill = "INSERT INTO t SELECT generate_series(1, 50000)"
    project.revision(
        "r1",
        'op.create_table("u", sa.Column("id", sa.Integer()))\n'
        f"engine = sa.create_engine({db.url()!r}, poolclass=sa.pool.NullPool)\n"
        "with engine.begin() as other:\n"
        f'    other.execute(sa.text("{fill}"))\n'
        'op.create_index("ix", "t", ["id"])',
    )

    with pytest.raises(UnsafeOperationError):
        project.upgrade()


def test_name_that_leads_to_an_older_table_again_is_not_new(db, project, big):
    """A new table hides the big one until it is gone, or until the path changes."""
    db.execute("CREATE SCHEMA IF NOT EXISTS zdt_first")
    try:
        path = f"zdt_first, {db.value('SELECT current_schema()')}"
        create = 'op.create_table("users", sa.Column("email", sa.Text()))'
        index = 'op.create_index("ix", "users", ["email"])'
        project.revision(
            "r1", f'op.execute("SET LOCAL search_path = {path}")\n{create}\n{index}'
        )
        project.revision("r2", f'op.drop_table("users")\n{index}')

        with pytest.raises(UnsafeOperationError) as caught:
            project.upgrade()

        assert caught.value.file.endswith("r2_.py")
    finally:
        db.execute("DROP SCHEMA zdt_first CASCADE")


def test_table_of_a_savepoint_that_is_rolled_back_is_not_new(db, project, big):
    project.revision(
        "r1",
        'op.create_table("t", sa.Column("email", sa.Text()))\n'
        "nested = op.get_bind().begin_nested()\n"
        'op.rename_table("t", "u")\n'
        "nested.rollback()\n"
        'op.drop_table("t")\n'
        'op.rename_table("users", "u")\n',
    )

    with pytest.raises(UnsafeOperationError) as caught:
        project.upgrade()

    assert caught.value.check == "rename-table"


def test_temporary_table_behind_another_one_is_not_new(db, project, big):
    """The search_path may put the schema of temporary tables last."""
    schema = db.value("SELECT current_schema()")
    project.revision(
        "r1",
        f'op.execute("SET LOCAL search_path = {schema}, pg_temp")\n'
        'op.create_table("users", sa.Column("id", sa.Integer()),'
        ' prefixes=["TEMPORARY"])\n'
        'op.create_index("ix", "users", ["email"])',
    )

    with pytest.raises(UnsafeOperationError):
        project.upgrade()


def test_a_directive_behind_a_stock_revision_needs_no_guard(db, project, monkeypatch):
    """Only a stock operation of the same revision would be committed with it."""
    made = []
    make = upgrade_guard.Guard.__init__

    def counted(guard, *arguments, **named):
        made.append(guard)
        make(guard, *arguments, **named)

    monkeypatch.setattr(upgrade_guard.Guard, "__init__", counted)
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    project.revision("r1", 'op.add_column("users", sa.Column("note", sa.Text))')
    project.revision("r2", 'op.create_index_concurrently("ix", "users", ["email"])')

    project.upgrade()

    assert db.indexes("users") == ["ix", "users_pkey"]
    assert made == []
