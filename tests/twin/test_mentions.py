"""Functions and triggers that name a column keep its contract from breaking them."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import create_engine

from alembic_zdt.catalog.database import Database
from alembic_zdt.catalog.lookup import survey
from alembic_zdt.catalog.mentions import Mentions
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
RENAME = renaming("users", "email", "mail").splitlines()


@pytest.fixture
def mentions(db):
    """What is found of ``users.email``, as it is listed."""
    engine = create_engine(db.url(), isolation_level="AUTOCOMMIT")

    def ask():
        question = Mentions(QualifiedName("users"), "email")
        with engine.connect() as connection:
            found = survey(Database(connection), [question]).answer(question)
        return [str(mention) for mention in found]

    yield ask
    engine.dispose()


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
        'note: before the contract let these name "mail" instead of "email":'
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


def test_a_script_looks_for_them_too(db, project):
    db.execute(USERS)
    db.execute(LOWER.format(c="email"))
    db.execute(TRIGGER.format("norm()"))
    contract(project, *RENAME)
    script = project.sql("r2:r3")

    refused = project.psql(script)
    assert 'There is: ("function norm()")' in refused.output

    db.execute(LOWER.format(c="mail"))
    project.psql(script).ok()
    assert db.columns("users") == ["id", "mail", "pad"]


def test_the_names_are_a_list(project):
    project.revision(
        "r1", "op.contract_drop_column('users', 'email', ignore_mentions='norm')"
    )

    with pytest.raises(UsageError, match="ignore_mentions='norm' is not a list"):
        project.upgrade()
