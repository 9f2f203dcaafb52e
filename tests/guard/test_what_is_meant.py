"""The guard knows which table is meant, what is new, and how many rows change."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from alembic_zdt.errors import ConnectionLostError, SettingError, UsageError
from tests.support.interruption import backend_pid, end_backend

INDEX = 'op.create_index("ix", "users", ["email"])'
TABLE = 'op.create_table("users", sa.Column("id", sa.Integer()))'

NOT_NEW = {
    "sql": 'op.execute("CREATE TABLE IF NOT EXISTS users (id int)")',
    "operation": (
        'op.create_table("users", sa.Column("id", sa.Integer()), if_not_exists=True)'
    ),
    "block": """\
op.execute("DO $$ BEGIN IF to_regclass('users') IS NULL THEN"
           " CREATE TABLE users (id int); END IF; END $$")""",
    "refused": f"""\
try:
    with op.get_bind().begin_nested():
        {TABLE}
except sa.exc.ProgrammingError:
    pass""",
    "temporary": """\
op.execute("CREATE TEMP TABLE users AS SELECT 1 AS id")
op.execute("DROP TABLE users")""",
}


@pytest.mark.parametrize("case", NOT_NEW)
def test_table_that_was_there_is_not_new(db, big, stops, case):
    assert stops(f"{NOT_NEW[case]}\n{INDEX}")


def test_table_of_the_same_name_in_another_schema_is_not_new(db, project, big, stops):
    other = 'op.execute("CREATE TEMP TABLE users AS SELECT 1 AS id")'

    assert stops(f"{other}\n{INDEX[:-1]}, schema={db.schema!r})")


def test_new_table_is_new_under_its_full_name(db, project, stops):
    project.settings(small_table_rows="0")

    assert not stops(
        'op.create_table("n", sa.Column("id", sa.Integer()))\n'
        'op.execute("INSERT INTO n SELECT generate_series(1, 50)")\n'
        f'op.create_index("ix", "n", ["id"], schema={db.schema!r})\n'
        'op.rename_table("n", "m")\n'
        'op.create_index("iy", "m", ["id"])'
    )


@pytest.fixture
def many(db, project):
    """Make a table of many rows, and one of few."""
    db.execute("CREATE TABLE many (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO many SELECT n, 'e' FROM generate_series(1, 20000) n")
    db.execute("CREATE TABLE few (id int, n int); INSERT INTO few VALUES (1, 1)")
    db.execute("CREATE VIEW shown AS SELECT * FROM many")
    db.execute("ANALYZE many; ANALYZE few")
    project.settings(small_table_rows="10")


T = 't = sa.table("many", sa.column("id", sa.Integer), sa.column("email", sa.Text))\n'
UPPER = "values(email=sa.func.upper(t.c.email))"
ALL_ROWS = {
    "alias": (
        f'{T}a = t.alias("u")\nop.execute(sa.update(a).values(email=a.c.email + "x"))'
    ),
    "with": (
        f"{T}c = t.update().{UPPER}.returning(t.c.id).cte()\n"
        "op.execute(sa.select(sa.func.count()).select_from(c))"
    ),
    "textual": """\
op.execute(sa.text("UPDATE many SET email = 'x' RETURNING id").columns(sa.column("id")))
""",
    "view": "op.execute(\"UPDATE shown SET email = 'x'\")",
    "behind a loop": """\
for n in range(30):
    op.execute(f"UPDATE many SET email = 'a' WHERE id = {n}")
op.execute("UPDATE many SET email = upper(email)")""",
}
WITH_PARAMETERS = {
    "update": f'{T}op.execute(t.update().values(email="x"))',
    "delete": f"{T}op.execute(t.delete().where(t.c.id != 0))",
    "text": 'op.get_bind().execute(sa.text("UPDATE many SET email = :e"), {"e": "x"})',
}


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("case", [name for name in ALL_ROWS if name != "view"])
def test_all_rows_at_once_are_stopped(many, stops, case, driver):
    """Each driver runs half of them."""

    assert stops(ALL_ROWS[case])


@pytest.mark.parametrize("case", WITH_PARAMETERS)
def test_parameters_are_planned_for(many, stops, case, driver):
    assert stops(WITH_PARAMETERS[case])


def test_rows_behind_with_are_not_those_that_change(many, stops):
    assert not stops(
        'op.execute("WITH b AS MATERIALIZED (SELECT * FROM many) UPDATE many'
        ' SET email = b.email FROM b WHERE many.id = 5 AND b.id = 5")'
    )


TYPES = [
    ("timestamp", "timestamp(0)", True),
    ("timestamp(0)", "timestamp", False),
    ("interval", "interval(0)", True),
    ("varbit(9)", "varbit(3)", True),
    ("varbit(3)", "varbit(9)", False),
]


@pytest.mark.parametrize(("old", "new", "expected"), TYPES)
def test_type_is_tried_as_it_is_written(db, project, stops, old, new, expected):
    project.settings(small_table_rows="10")
    db.execute(f"CREATE TABLE t (id int, c {old})")
    db.execute("INSERT INTO t SELECT generate_series(1, 50); ANALYZE t")

    assert stops(f'op.execute("ALTER TABLE t ALTER c TYPE {new}")') == expected


def test_translated_schema_is_followed(db, project, new_schema, stops):
    tenant = new_schema()
    project.settings(small_table_rows="10")
    db.execute(f"CREATE TABLE {tenant}.users (id int, email text)")
    db.execute(f"INSERT INTO {tenant}.users SELECT generate_series(1, 50)")
    db.execute(f"ANALYZE {tenant}.users")
    mapped = f"schema_translate_map={{None: {tenant!r}}}"

    assert stops(f"op.get_bind().execution_options({mapped})\n{INDEX}")


def test_index_leads_to_its_own_table(db, big, stops):
    db.execute("CREATE INDEX ix ON users (email)")
    new = 'op.create_table("n", sa.Column("id", sa.Integer()))'

    assert stops(f'{new}\nop.drop_index("ix", "n")')


def test_index_that_is_not_there_hurts_nobody(big, stops):
    assert not stops('op.drop_index("ix_gone", if_exists=True)')


def test_name_that_is_cut_is_no_failure_of_ours(db, project, stops):
    assert not stops(f'op.create_table("{"a" * 70}", sa.Column("id", sa.Integer()))')


def test_reason_within_a_batch_counts(db, big, stops):
    assert not stops(
        'with op.batch_alter_table("users") as batch:\n'
        '    with op.safety_assured("nobody reads it"):\n'
        '        batch.drop_column("age")'
    )


def test_batch_that_failed_leaves_nothing(db, big, stops):
    db.execute("CREATE TABLE small (id int, a int)")

    assert not stops(
        "try:\n"
        '    with op.batch_alter_table("users") as batch:\n'
        '        batch.drop_column("age")\n'
        "        raise ValueError\n"
        "except ValueError:\n"
        "    pass\n"
        'with op.batch_alter_table("small") as batch:\n'
        '    batch.drop_column("a")'
    )


@pytest.mark.parametrize("reason", ["None", "1", "b'x'"])
def test_reason_is_a_text(project, db, reason):
    project.revision("r1", f"with op.safety_assured({reason}): pass")

    with pytest.raises(UsageError, match="needs a reason"):
        project.upgrade()


@pytest.mark.parametrize("name", ["head", "heads", "r"])
def test_start_is_named_as_it_is(project, db, name):
    """Else all that will ever come is let be."""
    project.settings(start_after=name)
    project.revision("r1", INDEX)

    with pytest.raises(SettingError, match="names no revision"):
        project.upgrade()


# ------------------------------------------------------- what the revision has begun


@pytest.mark.parametrize("mode", ["off", "error"])
def test_transaction_of_the_revision_itself_is_let_be(db, project, mode, driver):
    """As text, in a block that has none: SQLAlchemy does not know of it."""
    project.settings(guard=mode)
    db.execute("CREATE TABLE t (id int)")
    project.revision(
        "r1",
        "with op.get_context().autocommit_block():\n"
        '    op.execute("BEGIN")\n'
        '    op.execute("INSERT INTO t VALUES (1)")\n'
        '    op.execute("CREATE INDEX ix ON t (id)")\n'
        '    op.execute("COMMIT")',
    )

    project.upgrade()

    assert db.column("SELECT id FROM t") == [1]
    assert db.indexes("t") == ["ix"]


def test_two_phase_commit_goes_on(db, project, big):
    """It must not have touched a temporary table."""
    if db.value("SHOW max_prepared_transactions") == "0":
        pytest.skip("this server prepares no transactions")
    project.edit_env(
        "    with connectable.connect() as connection:",
        "    with connectable.connect() as connection, "
        "connection.begin_twophase() as two:",
    )
    project.edit_env(
        "        with context.begin_transaction():\n"
        "            context.run_migrations()",
        "        context.run_migrations()\n        two.prepare()\n        two.commit()",
    )
    project.revision(
        "r1",
        'op.alter_column("users", "email", type_=sa.Text(),'
        " existing_type=sa.String(20))",
    )

    project.upgrade()

    assert project.current == ["r1"]


@pytest.mark.parametrize("asked", ["relpages", "to_regclass", "SAVEPOINT"])
def test_backend_that_dies_while_it_is_asked(db, project, big, driver, asked):
    """A clear error; the next run finishes, whatever the first had done."""
    project.revision(
        "r1",
        'op.create_index_concurrently("ix", "users", ["email"])\n'
        'op.execute("UPDATE users SET age = 0 WHERE id = 1")',
    )
    project.revision("r2", 'op.add_column("users", sa.Column("n", sa.Integer()))')
    dead = []

    def before(connection, _cursor, statement, *_):
        if asked in statement and "UPDATE" not in statement and not dead:
            dead.append(statement)
            end_backend(db, backend_pid(connection))

    sa.event.listen(sa.Engine, "before_cursor_execute", before)
    try:
        with pytest.raises(ConnectionLostError):
            project.upgrade()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", before)

    project.upgrade()

    assert dead
    assert project.current == ["r2"]
    assert db.value("SELECT age FROM users WHERE id = 1") == 0
    assert db.indexes("users") == ["ix", "users_pkey"]
