"""Functions and triggers that name a column or a table keep its contract waiting."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import create_engine

from alembic_zdt.catalog.lookup import survey
from alembic_zdt.catalog.mentions import Mentions
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import DependentObjectsError, UsageError
from alembic_zdt.names import QualifiedName
from tests.support.workflows import renaming, retyping

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, pad text)"
FUNCTION = "CREATE OR REPLACE FUNCTION {} RETURNS {} LANGUAGE {} AS $fn${}$fn$"
TRIGGER = (
    "CREATE TRIGGER norm BEFORE INSERT OR UPDATE ON users FOR EACH ROW"
    " EXECUTE FUNCTION {}"
)
LOWER = FUNCTION.format(
    "norm()", "trigger", "plpgsql", "\nBEGIN\n  NEW.{c} := 'a';\n  RETURN NEW;\nEND"
)
COUNTING = FUNCTION.format("f()", "bigint", "sql", "SELECT count(email)\nFROM {}")
RENAME = renaming("users", "email", "mail").splitlines()
EXPAND_TABLE = 'op.expand_rename_table("users", "people")'
RENAME_TABLE = 'op.contract_rename_table("users", "people")'
RENAME_BACK = 'op.contract_rename_table("people", "users")'
DROP_TABLE = 'op.contract_drop_table("users")'


@pytest.fixture
def mentions(db):
    """What is found of ``users.email``, or of ``users``, as it is listed."""
    engine = create_engine(db.url(), isolation_level="AUTOCOMMIT")

    def ask(column="email", goes=False):
        question = Mentions(QualifiedName("users"), column, goes)
        with engine.connect() as connection:
            found = survey(Database(connection), [question]).answer(question)
        return [str(mention) for mention in found]

    yield ask
    engine.dispose()


@pytest.fixture
def tenant(db):
    """Another schema with a table of the same name."""
    name = f"{db.schema}_tenant"
    db.execute(f"CREATE SCHEMA {name}")
    db.execute(f"CREATE TABLE {name}.users (id int, email text)")
    yield name
    db.execute(f"DROP SCHEMA {name} CASCADE")


# Body, language, and whether it is found: none of these is a trigger function.
BODIES = {
    "statement": ("SELECT email FROM users", "sql", True),
    "other-case": ("SELECT EMAIL FROM Users", "sql", True),
    "quoted": ('SELECT "email" FROM "users"', "sql", True),
    "second-line": ("SELECT\n  email\nFROM users", "sql", True),
    "dynamic": (
        "BEGIN EXECUTE 'SELECT email FROM users'; RETURN ''; END",
        "plpgsql",
        True,
    ),
    "another-table": ("SELECT 'x' AS email FROM pg_class", "sql", False),
    "comment": ("SELECT pad /* email */ FROM users -- email", "sql", False),
    "longer-word": ("SELECT pad AS email_address FROM users", "sql", False),
    "quoted-otherwise": ('SELECT pad AS "Email" FROM users', "sql", False),
}


@pytest.mark.parametrize(("body", "language", "is_found"), BODIES.values(), ids=BODIES)
def test_a_body_names_the_column_or_not(db, mentions, body, language, is_found):
    db.execute(USERS)
    db.execute(FUNCTION.format("f()", "text", language, body))

    found = mentions()

    line = 2 if "\n" in body else 1
    shown = body.split("\n")[line - 1].strip()
    assert found == ([f"function f(), line {line}: {shown}"] if is_found else [])


def test_what_is_of_the_table_needs_no_name_of_it(db, mentions):
    db.execute(USERS)
    db.execute(LOWER.format(c="email"))
    assert mentions() == []

    db.execute(TRIGGER.format("norm()"))
    takes_row = "BEGIN RETURN u.email; END"
    db.execute(FUNCTION.format("of_row(u users)", "text", "plpgsql", takes_row))
    by_argument = TRIGGER.replace("norm", "search").format(
        "tsvector_update_trigger('pad', 'pg_catalog.english', 'email')"
    )
    db.execute(by_argument)

    found = mentions()

    assert found[0] == "function norm(), line 3: NEW.email := 'a';"
    assert found[1] == f"function of_row(users), line 1: {takes_row}"
    assert found[2].startswith("trigger search of users: CREATE TRIGGER search")
    assert len(found) == 3


def test_what_follows_a_rename_by_itself_is_not_named(db, mentions):
    db.execute(USERS)
    db.execute("CREATE VIEW v AS SELECT email FROM users")
    db.execute("CREATE MATERIALIZED VIEW m AS SELECT email FROM users")
    db.execute("CREATE POLICY p ON users USING (email = current_user)")
    db.execute(
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql"
        " BEGIN ATOMIC SELECT email FROM users; END"
    )

    assert mentions() == []

    db.execute("ALTER TABLE users RENAME email TO mail")
    assert db.row("SELECT f()") == (None,)
    assert db.rows("SELECT email FROM v") == []


def test_the_expand_lists_them(db, project, caplog):
    db.execute(USERS)
    db.execute(LOWER.format(c="email"))
    db.execute(TRIGGER.format("norm()"))
    project.revision("r1", RENAME[0])
    note = (
        'note: before the contract, change these to use "mail" instead of "email":'
        " function norm(), line 3: NEW.email := 'a';"
    )

    assert note in project.start("plan", module="alembic_zdt").said
    with caplog.at_level(logging.WARNING, "alembic_zdt"):
        project.upgrade()

    assert note in caplog.messages


def contract(project, *calls):
    for number, call in enumerate(calls, 1):
        project.revision(f"r{number}", call)
    if len(calls) > 1:
        project.upgrade(f"r{len(calls) - 1}")


CONTRACTS = {
    "rename": (RENAME, "mail"),
    "type": (
        retyping(
            "users", "email", "sa.String(50)", "new_column_name='mail'"
        ).splitlines(),
        "mail",
    ),
    "drop": (["op.contract_drop_column('users', 'email')"], ""),
}


@pytest.mark.parametrize(("calls", "new"), CONTRACTS.values(), ids=CONTRACTS)
def test_the_contract_waits_until_none_names_it(db, project, calls, new):
    db.execute(USERS)
    db.execute(LOWER.format(c="email"))
    db.execute(TRIGGER.format("norm()"))
    contract(project, *calls)

    with pytest.raises(DependentObjectsError) as caught:
        project.upgrade()

    assert "function norm(), line 3: NEW.email := 'a';" in str(caught.value)
    assert "ignore_mentions=['norm']" in str(caught.value)
    db.execute("INSERT INTO users (id, email) VALUES (1, 'A')")

    db.execute(LOWER.format(c=new or "pad"))
    project.upgrade()
    db.execute("INSERT INTO users (id) VALUES (2)")
    column = new or "pad"
    assert db.column(f"SELECT {column} FROM users WHERE id = 2") == ["a"]


@pytest.mark.parametrize(("calls", "new"), CONTRACTS.values(), ids=CONTRACTS)
def test_a_text_that_does_not_mean_it_can_be_left_out(db, project, calls, new):
    db.execute(USERS)
    body = "DECLARE email text; BEGIN RETURN NEW; END"
    db.execute(FUNCTION.format("norm()", "trigger", "plpgsql", body))
    db.execute(TRIGGER.format("norm()"))
    last = calls[-1].removesuffix(")") + ", ignore_mentions=['norm'])"
    contract(project, *calls[:-1], last)

    project.upgrade()

    assert set(db.columns("users")) == {"id", "pad", new} - {""}


def test_a_downgrade_looks_for_the_name_that_goes_then(db, project):
    db.execute(USERS)
    back = "op.contract_rename_column('users', 'mail', 'email')"
    project.revision("r1", RENAME[0], back)
    project.upgrade()
    db.execute(LOWER.format(c="mail"))
    db.execute(TRIGGER.format("norm()"))

    with pytest.raises(DependentObjectsError, match=r"NEW\.mail := 'a'"):
        project.downgrade()


def test_a_script_looks_for_them_too(db, project, tenant):
    db.execute(USERS)
    db.execute(COUNTING.format(f"{tenant}.users"))
    db.execute(LOWER.format(c="email"))
    db.execute(TRIGGER.format("norm()"))
    contract(project, *RENAME)
    script = project.sql("r2:r3")

    refused = project.psql(script)
    assert 'There is: ("function norm()")' in refused.output

    db.execute(LOWER.format(c="mail"))
    project.psql(script).ok()
    assert db.columns("users") == ["id", "mail", "pad"]


def test_a_function_that_goes_with_its_session_is_no_reader(db, project, mentions):
    """Such as those at the head of a script, which call a table t and a schema n."""
    db.execute(USERS.replace("users", "t").replace("email", "n"))
    contract(project, *renaming("t", "n", "mail").splitlines())
    db.execute(USERS)
    temporary = COUNTING.format("users").replace("f()", "pg_temp.f()", 1)

    with db.session() as other:
        other.execute(temporary)
        assert mentions() == mentions("") == []
    project.psql(project.sql("r2:r3")).ok()

    assert db.columns("t") == ["id", "mail", "pad"]


def test_the_names_are_a_list(project):
    project.revision(
        "r1", "op.contract_drop_column('users', 'email', ignore_mentions='norm')"
    )

    with pytest.raises(UsageError, match="ignore_mentions='norm' is not a list"):
        project.upgrade()


TABLE_BODIES = {
    "statement": ("SELECT 1 FROM users", "sql", True),
    "other-case": ("SELECT 1 FROM Users", "sql", True),
    "quoted": ('SELECT 1 FROM "users"', "sql", True),
    "in-brackets": ("SELECT 1 FROM (users u JOIN pg_class c ON true)", "sql", True),
    "after-a-comma": ("SELECT 1 FROM pg_class c, users", "sql", True),
    "row-type": ("DECLARE r users%ROWTYPE; BEGIN RETURN ''; END", "plpgsql", True),
    "dynamic": ("BEGIN EXECUTE 'TABLE users'; RETURN ''; END", "plpgsql", True),
    "as-a-value": (
        "BEGIN EXECUTE format('TABLE %I', 'users'); RETURN ''; END",
        "plpgsql",
        True,
    ),
    "message": ("BEGIN RAISE NOTICE 'no users'; RETURN ''; END", "plpgsql", False),
    "comment": ("SELECT 1 /* FROM users */ -- FROM users", "sql", False),
    "column": ("SELECT u.users FROM (SELECT 1 AS users) u", "sql", False),
    "longer-word": ("SELECT 1 AS users_2", "sql", False),
    "quoted-otherwise": ('SELECT 1 FROM (SELECT 1) "Users"', "sql", False),
}


@pytest.mark.parametrize(
    ("body", "language", "is_found"), TABLE_BODIES.values(), ids=TABLE_BODIES
)
def test_a_body_names_the_table_or_not(db, mentions, body, language, is_found):
    db.execute(USERS)
    db.execute("SET check_function_bodies = off")
    db.execute(FUNCTION.format("f()", "text", language, body))

    assert mentions("") == ([f"function f(), line 1: {body}"] if is_found else [])


SCHEMAS = {
    "of-the-table": ("{own}.users", "", "", True),
    "of-another": ("{tenant}.users", "", "", False),
    "chosen-by-the-caller": ("users", "", "", True),
    "first-in-the-path": ("users", "", "SET search_path = {own}, {tenant}", True),
    "later-in-the-path": ("users", "", "SET search_path = {tenant}, {own}", False),
    "not-in-the-path": ("users", "", "SET search_path = pg_catalog", False),
    "of-a-tenant": ("users", "{tenant}.", "", False),
    "of-a-tenant-that-says-it": ("{own}.users", "{tenant}.", "", True),
}


@pytest.mark.parametrize(
    ("name", "at", "path", "is_found"), SCHEMAS.values(), ids=SCHEMAS
)
@pytest.mark.parametrize("column", ["email", ""], ids=["column", "table"])
def test_a_table_of_the_same_name(
    db, mentions, tenant, column, name, at, path, is_found
):
    places = {"own": db.schema, "tenant": tenant}
    db.execute(USERS)
    at, name, path = (text.format(**places) for text in (at, name, path))
    db.execute("SET check_function_bodies = off")
    db.execute(COUNTING.format(name).replace("f()", f"{at}f()", 1) + path)

    line = "line 1: SELECT count(email)" if column else f"line 2: FROM {name}"
    found = mentions(column)
    assert found == ([f"function {at}f(), {line}"] if is_found else [])


def test_triggers_that_are_given_the_name(db, mentions):
    """Those of the table itself go with it."""
    db.execute(USERS)
    db.execute("CREATE TABLE orders (id int)")
    body = "BEGIN PERFORM count(*) FROM users; RETURN NULL; END"
    db.execute(FUNCTION.format("own()", "trigger", "plpgsql", body))
    db.execute(FUNCTION.format("count_of()", "trigger", "plpgsql", "BEGIN END"))
    making = "CREATE TRIGGER {} AFTER INSERT ON {} EXECUTE FUNCTION {}"
    db.execute(making.format("own", "users", "own()"))
    db.execute(making.format("mine", "users", "count_of('users')"))
    db.execute(making.format("theirs", "orders", "count_of('users')"))

    assert [text.split(":")[0] for text in mentions("")] == [
        "function own(), line 1",
        "trigger mine of users",
        "trigger theirs of orders",
    ]
    assert [text.split(":")[0] for text in mentions("", goes=True)] == [
        "trigger theirs of orders"
    ]


def test_the_expand_lists_those_of_the_table(db, project, caplog):
    db.execute(USERS)
    db.execute(COUNTING.format("users"))
    project.revision("r1", EXPAND_TABLE)
    note = (
        'note: before the contract, change these to use "people" instead of "users":'
        " function f(), line 2: FROM users"
    )

    assert note in project.start("plan", module="alembic_zdt").said
    with caplog.at_level(logging.WARNING, "alembic_zdt"):
        project.upgrade()

    assert note in caplog.messages


@pytest.mark.parametrize("back", [False, True], ids=["new-name", "old-name"])
def test_the_contract_of_a_rename_waits_until_none_names_it(db, project, back):
    db.execute(USERS)
    project.revision("r1", EXPAND_TABLE)
    project.upgrade()
    goes, stays = ("people", "users") if back else ("users", "people")
    db.execute(COUNTING.format(goes))
    project.revision("r2", RENAME_BACK if back else RENAME_TABLE)

    with pytest.raises(DependentObjectsError) as caught:
        project.upgrade()

    words = str(caught.value)
    assert f"function f(), line 2: FROM {goes}" in words
    assert f'Let them name "{stays}", then run' in words
    assert (
        f"op.contract_rename_table('{goes}', '{stays}', ignore_mentions=['f'])" in words
    )

    db.execute(COUNTING.format(stays))
    project.upgrade()
    assert db.value("SELECT f()") == 0


def test_a_drop_waits_until_none_names_it(db, project):
    db.execute(USERS)
    db.execute(COUNTING.format("users"))
    project.revision("r1", DROP_TABLE)

    with pytest.raises(DependentObjectsError, match="line 2: FROM users"):
        project.upgrade()

    call = DROP_TABLE.replace(")", ", ignore_mentions=['f'])")
    project.revision("r1", call)
    project.upgrade()
    assert db.value("SELECT to_regclass('users')") is None


PARSED = {
    "body": "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT id FROM users; END",
    "row": FUNCTION.format("f(u users)", "int", "sql", "SELECT 1"),
    "rule": "CREATE RULE r AS ON INSERT TO orders DO ALSO INSERT INTO users VALUES (1)",
    "policy": "CREATE POLICY p ON orders USING (id IN (SELECT id FROM users))",
    "trigger": (
        "CREATE TRIGGER t BEFORE UPDATE ON orders FOR EACH ROW WHEN (to_regclass('x')"
        " <> 'users'::regclass) EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    ),
    "default": "ALTER TABLE orders ADD a oid DEFAULT 'users'::regclass::oid",
    "view": "CREATE VIEW v AS SELECT FROM users",
}


@pytest.mark.parametrize("statement", PARSED.values(), ids=PARSED)
@pytest.mark.parametrize("is_drop", [False, True], ids=["rename", "drop"])
def test_what_the_server_knows_to_use_it(db, project, statement, is_drop):
    db.execute(USERS)
    db.execute("CREATE TABLE orders (id int)")
    if not is_drop:
        project.revision("r1", EXPAND_TABLE)
        project.upgrade()
    db.execute(statement)
    before = db.catalog()
    project.revision("r2", DROP_TABLE if is_drop else RENAME_TABLE)

    with pytest.raises(DependentObjectsError, match="something else needs it"):
        project.upgrade()

    assert db.catalog() == before


def test_what_goes_with_the_table_does_not_keep_it(db, project):
    db.execute(USERS)
    db.execute(
        "ALTER TABLE users ADD low text GENERATED ALWAYS AS (lower(email)) STORED"
    )
    db.execute("CREATE INDEX i ON users (upper(email)) WHERE id > 0")
    db.execute("CREATE STATISTICS s ON id, email FROM users")
    db.execute("CREATE POLICY p ON users USING (email = current_user)")
    db.execute("CREATE POLICY q ON users USING (id IN (SELECT u.id FROM users u))")
    db.execute(
        "CREATE RULE r AS ON UPDATE TO users WHERE NEW.id < 0 DO INSTEAD NOTHING"
    )
    db.execute(
        "CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW WHEN (NEW.id > 0)"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    )
    project.revision("r1", DROP_TABLE)

    project.upgrade()

    assert db.value("SELECT to_regclass('users')") is None


@pytest.mark.parametrize("call", [RENAME_TABLE, DROP_TABLE], ids=["rename", "drop"])
def test_a_script_looks_for_those_of_the_table_too(db, project, tenant, call):
    db.execute(USERS)
    project.revision("r1", EXPAND_TABLE if call == RENAME_TABLE else "pass")
    project.upgrade()
    db.execute(COUNTING.format(f"{tenant}.users").replace("f()", "g()", 1))
    db.execute(COUNTING.format("users"))
    project.revision("r2", call)
    script = project.sql("r1:r2")

    assert 'There is: ("function f()")' in project.psql(script).output

    db.execute(COUNTING.format(f"{tenant}.users"))
    project.psql(script).ok()
    assert db.value("SELECT to_regclass('users')") is None
