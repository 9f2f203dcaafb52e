"""A column is added without writing the table anew, whatever its default is."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import DuplicateObjectError, UsageError

FILE = "SELECT pg_relation_filenode('users')"


@pytest.fixture
def users(db):
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    db.execute("INSERT INTO users SELECT generate_series(1, 500)")


def call(column, options=""):
    return f'op.expand_add_column("users", sa.Column({column}), {options})'


UUID = '"token", sa.Uuid(), server_default=sa.text("gen_random_uuid()")'


@pytest.mark.usefixtures("users")
def test_a_volatile_default_writes_nothing_anew(db, project, driver):
    """Each row, old and new, has a value of its own."""
    file = db.value(FILE)
    project.revision("r1", call(f"{UUID}, nullable=False"))

    project.upgrade()
    db.execute("INSERT INTO users VALUES (501)")

    assert db.value(FILE) == file
    assert db.value("SELECT count(DISTINCT token) FROM users") == 501
    not_null = "SELECT attnotnull FROM pg_attribute WHERE attname = 'token'"
    assert db.value(f"{not_null} AND attrelid = 'users'::regclass")


@pytest.mark.usefixtures("users")
def test_values_that_were_handed_out_stay(db, project):
    project.revision("r1", call(UUID))
    project.upgrade()
    tokens = db.rows("SELECT id, token FROM users ORDER BY id")
    project.run("stamp", "base")

    project.upgrade()

    assert db.rows("SELECT id, token FROM users ORDER BY id") == tokens


CONSTANT = {
    "nothing": ('"a", sa.Integer()', None),
    "text": ('"a", sa.Text(), server_default="it\'s"', "it's"),
    "expression": ('"a", sa.Integer(), server_default=sa.text("1 + 1")', "2"),
    "not-null": ('"a", sa.Integer(), server_default="7", nullable=False', "7"),
    "stable": ('"a", sa.Date(), server_default=sa.text("date \'2026-01-02\'")', None),
}


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize(("column", "value"), CONSTANT.values(), ids=CONSTANT)
def test_a_constant_default_is_there_at_once(db, project, column, value):
    """No row is touched, so there is no backfill."""
    file = db.value(FILE)
    project.revision("r1", call(column))

    project.upgrade()

    assert db.value(FILE) == file
    assert not db.exists("alembic_zdt_backfill")
    found = db.column("SELECT DISTINCT a::text FROM users")
    assert found == [value or ("2026-01-02" if "Date" in column else None)]


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
def test_rows_that_are_there_may_get_another_value(db, project, offline):
    project.revision(
        "r1", call('"a", sa.Integer(), server_default="0"', 'backfill="id * 2"')
    )

    if offline:
        project.psql(project.sql()).ok()
    else:
        project.upgrade()
    db.execute("INSERT INTO users VALUES (501)")

    assert db.value("SELECT count(*) FROM users WHERE a = id * 2") == 500
    assert db.value("SELECT a FROM users WHERE id = 501") == 0


@pytest.mark.usefixtures("users")
def test_a_script_fills_a_volatile_default_too(db, project):
    file = db.value(FILE)
    project.revision("r1", call(UUID))

    project.psql(project.sql()).ok()

    assert db.value(FILE) == file
    assert db.value("SELECT count(DISTINCT token) FROM users") == 500


REFUSED = {
    "not-null": ('"a", sa.Integer(), nullable=False', "NOT NULL without a server_defa"),
    "index": ('"a", sa.Integer(), index=True', "cannot be added with an index"),
    "unique": ('"a", sa.Integer(), unique=True', "be added with a unique constraint"),
    "key": ('"a", sa.Integer(), sa.ForeignKey("users.id")', "with a foreign key"),
    "primary": ('"a", sa.Integer(), primary_key=True', "with a primary key"),
    "computed": (
        '"a", sa.Integer(), sa.Computed("id", persisted=True)',
        "with a stored generated",
    ),
    "type": (
        '"a", postgresql.ENUM("x", name="nothing", create_type=False)',
        'type "nothing" does not exist',
    ),
    "default": (
        '"a", sa.Integer(), server_default=sa.text("no()")',
        "function no() does not exist",
    ),
}


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize(("column", "said"), REFUSED.values(), ids=REFUSED)
def test_what_would_block_is_refused(db, project, column, said):
    before = db.catalog()
    project.revision("r1", call(column))

    with pytest.raises(UsageError) as caught:
        project.upgrade()

    assert said in str(caught.value)
    assert db.catalog() == before


@pytest.mark.usefixtures("users")
def test_another_column_of_the_name_is_not_taken_for_it(db, project):
    db.execute("ALTER TABLE users ADD a text")
    project.revision("r1", call('"a", sa.Integer()'))

    with pytest.raises(DuplicateObjectError, match='column "a" of "users" exists'):
        project.upgrade()


@pytest.mark.usefixtures("users")
def test_a_column_without_the_default_is_not_taken_for_it(db, project):
    db.execute("ALTER TABLE users ADD a int")
    project.revision("r1", call('"a", sa.Integer(), server_default="1"'))

    with pytest.raises(DuplicateObjectError, match='column "a" of "users" exists'):
        project.upgrade()


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize(
    "type_", ["sa.CHAR()", 'sa.Text(collation="C")', "sa.Numeric(9)", "sa.Float(53)"]
)
def test_it_is_known_again_whatever_its_type(db, project, type_):
    """The revision is run again, as after a kill before it was noted."""
    project.revision("r1", call(f'"a", {type_}'))
    project.upgrade()
    before = db.catalog()
    project.run("stamp", "base")

    project.upgrade()

    assert db.catalog() == before


def test_a_partitioned_table_gets_it_too(db, project):
    db.execute("CREATE TABLE users (id int) PARTITION BY LIST (id)")
    db.execute("CREATE TABLE u1 PARTITION OF users DEFAULT")
    db.execute("INSERT INTO users SELECT generate_series(1, 50)")
    project.revision("r1", call(f"{UUID}, nullable=False"))

    project.upgrade()

    assert db.value("SELECT count(DISTINCT token) FROM u1") == 50


@pytest.mark.pg(">=18")
def test_virtual_generated_column_takes_a_moment(db, project, users):
    """Nothing is written, so it need not be refused."""
    file = db.value(FILE)
    computed = 'sa.Computed("id * 2", persisted=False)'
    column = f'"twice", sa.Integer(), {computed}'
    back = 'op.contract_drop_column("users", "twice")'
    project.revision("r1", call(column), back)

    project.upgrade()

    assert db.value(FILE) == file
    assert db.value("SELECT twice FROM users WHERE id = 7") == 14
    project.downgrade()
    assert "twice" not in db.columns("users")


def test_script_refuses_a_stored_generated_column(project):
    """Nobody can be asked, and it would write the table anew."""
    computed = 'sa.Computed("id * 2", persisted=True)'
    project.revision("r1", call(f'"twice", sa.Integer(), {computed}'))

    with pytest.raises(UsageError, match="with a stored generated value"):
        project.sql()


ENUMS = {
    "plain": ('sa.Enum("sad", "it\'s % ok", name="mood")', ""),
    "quoted": ('sa.Enum("sad", name="Mood of %s")', ""),
    "array": ('sa.ARRAY(sa.Enum("sad", name="mood"))', ""),
    "not-null": (
        'sa.Enum("sad", name="mood")',
        'server_default="sad", nullable=False',
    ),
    "volatile": (
        'sa.Enum("sad", "glad", name="mood")',
        (
            "server_default=sa.text(\"CASE WHEN random() < 1 THEN 'sad'::mood END\"),"
            " nullable=False"
        ),
    ),
}


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(("type_", "options"), ENUMS.values(), ids=ENUMS)
@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
def test_enum_type_is_made(db, project, users, driver, type_, options, offline):
    """As CREATE TABLE makes it, and ``op.add_column()`` does not.

    Each type, and each way, meets both drivers.
    """
    column = f'"m", {type_}, {options}'
    project.revision("r1", call(column), 'op.contract_drop_column("users", "m")')

    for _ in range(1 if offline else 2):
        if offline:
            project.psql(project.sql()).ok()
        else:
            project.upgrade()
        spelled = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
        mine = "attrelid = 'users'::regclass AND attname = 'm'"
        found = db.value(f"{spelled} WHERE {mine}")
        assert found.startswith('"Mood of %s"' if "of" in type_ else "mood")
        project.downgrade()


def test_enum_type_that_is_there_stays(db, project, users):
    """It is not ours to add values, nor to make another one."""
    db.execute("CREATE TYPE mood AS ENUM ('sad', 'glad')")
    project.revision("r1", call('"m", sa.Enum("sad", name="mood")'))

    project.upgrade()

    assert db.value("SELECT enum_range(NULL::mood)::text") == "{sad,glad}"


def test_enum_type_in_another_schema(db, project, users, new_schema):
    place = new_schema()
    enum = f'sa.Enum("sad", name="mood", schema="{place}")'
    project.revision("r1", call(f'"m", {enum}'))

    project.upgrade()

    assert db.value(f"SELECT enum_range(NULL::{place}.mood)::text") == "{sad}"


def test_enum_of_a_type_decorator_is_made(db, project, users):
    decorated = (
        "type('Mood', (sa.TypeDecorator,), {'impl': sa.Enum('sad', name='mood'),"
        " 'cache_ok': True})"
    )
    project.revision("r1", call(f'"m", {decorated}()'))

    project.upgrade()

    assert db.value("SELECT enum_range(NULL::mood)::text") == "{sad}"
