"""Nothing of a window finds what somebody else has put in the way of its names."""

from __future__ import annotations

import contextlib

import psycopg
import pytest

from alembic_zdt.errors import PreconditionError
from tests.support.roles import role, run_as, session_of
from tests.support.workflows import PHASES, renaming, renaming_value, retyping

TYPES = {
    "varchar(20)": ("'a'", "'b'"),
    "text": ("'a'", "'b'"),
    "char(3)": ("'a'", "'b'"),
    'text COLLATE "C"': ("'a'", "'A'"),
    "int": ("1", "2"),
    "bigint": ("1", "2"),
    "numeric": ("1.0", "1.00"),
    "float8": ("'NaN'", "'-0'"),
    "boolean": ("true", "false"),
    "uuid": ("gen_random_uuid()", "gen_random_uuid()"),
    "jsonb": ("'[1.0]'", "'[1.00]'"),
    "int4range": ("'[1,2)'", "'[1,3)'"),
    "text[]": ("'{a}'", "'{b}'"),
    "bytea": ("'a'", "'b'"),
    "mood": ("'sad'", "'happy'"),
    "mood[]": ("'{sad}'", "'{happy}'"),
    "word": ("'a'", "'A'"),
    "pair": ("'(1,a)'", "'(1,A)'"),
}
# An operator of exactly these types is preferred to one of a more general type.
TRAPPED = (
    *("varchar", "text", "char(3)", "int", "bigint", "numeric", "float8", "boolean"),
    *("uuid", "jsonb", "int4range", "text[]", "bytea", "mood", "mood[]", "pair"),
)


def set_traps(db):
    """Operators and functions that fail, in a schema that is searched first."""
    db.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')")
    db.execute("CREATE DOMAIN word AS text")
    db.execute("CREATE TYPE pair AS (n int, s text)")
    for number, type_ in enumerate(TRAPPED):
        for name in ("=", "<>"):
            function = f"trap_{number}_{'eq' if name == '=' else 'ne'}"
            db.execute(
                f"CREATE FUNCTION {function}({type_}, {type_}) RETURNS boolean LANGUAGE"
                " plpgsql AS 'BEGIN RAISE EXCEPTION ''a trap''; END'"
            )
            db.execute(
                f"CREATE OPERATOR {name} (leftarg = {type_}, rightarg = {type_},"
                f" function = {function})"
            )
    db.execute(
        "CREATE FUNCTION record_image_eq(record, record) RETURNS boolean LANGUAGE"
        " plpgsql AS 'BEGIN RAISE EXCEPTION ''a trap''; END'"
    )


@pytest.fixture
def searched_first(db):
    """What the session of the application searches: traps, then PostgreSQL's own."""
    with db.session() as session:
        session.execute(f"SET search_path = {db.schema}, pg_catalog")
        yield session


def test_writes_of_either_column_call_nobodys_function(db, project, searched_first):
    set_traps(db)
    columns = ", ".join(f"c{n} {type_}" for n, type_ in enumerate(TYPES))
    db.execute(f"CREATE TABLE t (id int, {columns})")
    calls = [renaming("t", f"c{n}", f"d{n}").splitlines()[0] for n in range(len(TYPES))]
    project.revision("r1", "\n".join(calls))
    project.upgrade()
    searched_first.execute("INSERT INTO t (id) VALUES (1)")

    for number, (first, second) in enumerate(TYPES.values()):
        both = f"SELECT c{number}::text, d{number}::text FROM t"
        searched_first.execute(f"UPDATE t SET c{number} = {first}")
        one, other = searched_first.row(both)
        assert one is not None
        assert one == other
        searched_first.execute(f"UPDATE t SET d{number} = {second}")
        another, other = searched_first.row(both)
        assert one != another
        assert another == other


MOOD = 'sa.Enum("sad", "happy", name="mood")'
VALUES = f'existing_type={MOOD}, new_column_name="d", new_enum_name="temper"'


def test_conversions_call_nobodys_function(db, project, searched_first):
    """With expressions of the caller's, and with casts to types that are not builtin.

    Alembic's own UPDATE of its version finds an operator for varchar.
    """
    set_traps(db)
    db.execute("DROP FUNCTION trap_0_eq, trap_0_ne CASCADE")
    db.execute("CREATE TABLE t (id int, a char(3), b text, c mood)")
    db.execute("INSERT INTO t VALUES (1, '1', 'sad', 'sad')")
    using = 'existing_type=sa.CHAR(3), using="a::int+1", reverse_using="(a-1)::text"'
    workflows = (
        retyping("t", "a", "sa.Integer()", using),
        retyping("t", "b", MOOD, "existing_type=sa.Text()"),
        renaming_value("t", "c", "sad", "glum", VALUES),
    )
    for phase, *calls in zip(PHASES, *map(str.splitlines, workflows), strict=True):
        project.revision(phase, "\n".join(calls))
    project.upgrade("migrate")

    for statement in (
        "UPDATE t SET a = '3', b = 'happy', c = 'happy'",
        "INSERT INTO t VALUES (2, '3', 'happy', 'happy')",
        "UPDATE t SET c = 'sad'",
        "UPDATE t SET d = 'happy'",
    ):
        searched_first.execute(statement)
    project.upgrade(x=("zdt.allow_same_run=true",))

    found = db.rows("SELECT id, a, b::text, d::text FROM t ORDER BY id")
    assert found == [(1, 4, "happy", "happy"), (2, 4, "happy", "happy")]


def test_a_function_of_the_caller_finds_what_it_looks_for(db, project):
    """Its body is read when a row is written, with the search_path of the writer."""
    body = "CREATE FUNCTION {}(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS '{}'"
    db.execute(body.format("inner_one", "BEGIN RETURN upper($1); END"))
    db.execute(body.format("outer_one", "BEGIN RETURN inner_one($1); END"))
    db.execute("CREATE TABLE t (a text)")
    options = 'using="outer_one(a)", reverse_using="lower(b)", new_column_name="b"'
    expand = retyping("t", "a", "sa.String(9)", options).splitlines()[0]
    project.revision("r1", expand)
    project.upgrade()

    db.execute("INSERT INTO t VALUES ('x')")

    assert db.row("SELECT a, b FROM t") == ("x", "X")


@pytest.mark.parametrize("migrator", ["superuser", "member", "owner"])
def test_the_trigger_runs_as_the_owner_of_the_table(db, project, migrator):
    """Not as the role that migrates, which may be a superuser."""
    kinds = ("owner", "web", "member")
    with contextlib.ExitStack() as stack:
        owner, web, member = (stack.enter_context(role(db, kind)) for kind in kinds)
        db.execute(f"CREATE TABLE t (id int, a text); GRANT {owner} TO {member}")
        db.execute(f"ALTER TABLE t OWNER TO {owner}")
        db.execute(f"CREATE VIEW v AS SELECT id FROM t; GRANT INSERT ON v TO {web}")
        db.execute(f"REVOKE ALL ON SCHEMA {db.schema} FROM {web}")
        options = 'using="a::int + 0", reverse_using="a::text"'
        expand, *others = retyping("t", "a", "sa.Integer()", options).splitlines()
        project.revision("r1", expand)
        project.revision("r2", "\n".join(others))
        if migrator != "superuser":
            run_as(project, {"member": member, "owner": owner}[migrator])

        project.upgrade("r1")

        assert db.row(
            "SELECT p.proowner::regrole::text, p.prosecdef, p.proconfig,"
            " has_function_privilege('public', p.oid, 'EXECUTE')"
            " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE t.tgrelid = 't'::regclass"
        ) == (owner, True, ["search_path=pg_catalog, pg_temp"], False)
        project.upgrade(x=("zdt.allow_same_run=true",))
        left = "SELECT count(*) FROM pg_proc WHERE pronamespace = %s::regnamespace"
        assert db.value(left, db.schema) == 0


@pytest.mark.parametrize("way", ["online", "script"])
def test_no_other_role_may_use_the_function_that_runs_as_the_owner(db, project, way):
    """On a table of its own, its own casts would run with the owner's rights."""
    with role(db, "web") as web, role(db, "stranger") as stranger:
        db.execute("CREATE TABLE t (a text)")
        db.execute(f"REVOKE ALL ON SCHEMA {db.schema} FROM {web}")
        db.execute(f"GRANT INSERT ON t TO {web}")
        defaults = "ALTER DEFAULT PRIVILEGES {} EXECUTE ON FUNCTIONS {} " + stranger
        db.execute(defaults.format("GRANT", "TO"))
        options = 'existing_type=sa.Text(), using="a::int + 0", reverse_using="a::text"'
        expand = retyping("t", "a", "sa.Integer()", options).splitlines()[0]
        project.revision("r1", expand)
        if way == "online":
            project.upgrade()
        else:
            project.psql(project.sql()).ok()
        db.execute(defaults.format("REVOKE", "FROM"))

        with session_of(db, stranger) as session:
            session.execute("CREATE TABLE mine (a text)")
            name = db.value("SELECT p.oid::regproc FROM pg_proc p WHERE prosecdef")
            using = f"FOR EACH ROW EXECUTE FUNCTION {name}()"
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(f"CREATE TRIGGER z BEFORE INSERT ON mine {using}")


CALLS = {
    "type": (
        'op.expand_alter_column_type("t", "a", sa.Integer(),'
        ' using="secret(a)::int", reverse_using="a::text")'
    ),
    "operator": (
        'op.expand_alter_column_type("t", "a", sa.Text(), new_column_name="b",'
        ' using="a ### a", reverse_using="b")'
    ),
    "default": (
        'op.expand_add_column("t", sa.Column("b", sa.Text(),'
        " server_default=sa.text(\"secret('x')\")))"
    ),
    "sequence": (
        'op.expand_add_column("t", sa.Column("n", sa.Integer(),'
        " server_default=sa.text(\"nextval('numbers')\")))"
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_writer_who_may_not_run_the_expression_is_named(db, project, call):
    """Through a view, too; and the statement that the hint gives is enough."""
    make = "CREATE FUNCTION {} RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1'"
    db.execute(make.format("secret(text)"))
    db.execute(make.format("joined(text, text)"))
    db.execute("CREATE OPERATOR ### (leftarg=text, rightarg=text, function=joined)")
    db.execute("REVOKE ALL ON FUNCTION secret, joined FROM PUBLIC")
    db.execute("CREATE SEQUENCE numbers; CREATE TABLE t (id int, a text)")
    db.execute("CREATE VIEW v AS SELECT id FROM t")
    project.revision("r1", call)
    with role(db, "web") as web:
        db.execute(f"GRANT INSERT ON v TO {web}")

        with pytest.raises(PreconditionError, match=f"{web} lacks") as caught:
            project.upgrade()

        assert db.columns("t") == ["id", "a"]
        db.execute(str(caught.value.hint).removeprefix("Run "))
        project.upgrade()
        db.execute(f"SET ROLE {web}")
        db.execute("INSERT INTO v VALUES (1)")
        db.execute("RESET ROLE")
        db.execute("TRUNCATE t")


def test_a_role_that_writes_all_tables_is_a_writer(db, project):
    db.execute("CREATE FUNCTION secret() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    db.execute("REVOKE ALL ON FUNCTION secret FROM PUBLIC; CREATE TABLE t (id int)")
    default = 'server_default=sa.text("secret()")'
    call = f'op.expand_add_column("t", sa.Column("n", sa.Integer(), {default}))'
    project.revision("r1", call)
    with role(db, "etl") as etl:
        db.execute(f"GRANT pg_write_all_data TO {etl}")

        with pytest.raises(PreconditionError, match=f"{etl} lacks EXECUTE"):
            project.upgrade()

        db.execute(f"REVOKE pg_write_all_data FROM {etl}")
        project.upgrade()
