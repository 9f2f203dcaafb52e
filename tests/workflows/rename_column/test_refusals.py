"""What makes a twin impossible is said before anything is touched, all at once."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import (
    DependentObjectsError,
    DuplicateObjectError,
    GateClosedError,
    UndefinedObjectError,
    UsageError,
    WrongObjectTypeError,
)

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, a int, b int)"
EXPAND = 'op.expand_rename_column("users", "email", "mail")'
MIGRATE = EXPAND.replace("expand", "migrate")
CONTRACT = EXPAND.replace("expand", "contract")
FUNCTION = (
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RETURN NEW; END $$"
)

IN_THE_WAY = {
    "generated": (
        (
            "CREATE TABLE users (id int, email text"
            " GENERATED ALWAYS AS (id || '@') STORED)"
        ),
        "it is a generated column, which cannot be written",
    ),
    "partition-key": (
        "CREATE TABLE users (id int, email text) PARTITION BY LIST (email)",
        (
            "it is in the partition key of users; where a row goes is decided before"
            " triggers fire"
        ),
    ),
    "partition-key-expression": (
        "CREATE TABLE users (id int, email text) PARTITION BY LIST (lower(email))",
        (
            "it is in the partition key of users; where a row goes is decided before"
            " triggers fire"
        ),
    ),
    "partition-key-below": (
        (
            "CREATE TABLE users (id int, email text) PARTITION BY LIST (id);"
            " CREATE TABLE one PARTITION OF users FOR VALUES IN (1)"
            " PARTITION BY LIST (email)"
        ),
        (
            "it is in the partition key of one; where a row goes is decided before"
            " triggers fire"
        ),
    ),
    "partition": (
        (
            "CREATE TABLE people (id int, email text) PARTITION BY LIST (id);"
            " CREATE TABLE users PARTITION OF people FOR VALUES IN (1)"
        ),
        "the table inherits it from people",
    ),
    "child": (
        f"{USERS}; CREATE TABLE admins () INHERITS (users)",
        "table admins inherits it; a trigger of the parent does not fire there",
    ),
    "domain": (
        (
            "CREATE DOMAIN given AS text NOT NULL; CREATE DOMAIN address AS given;"
            " CREATE TABLE users (id int, email address)"
        ),
        (
            "its domain address is NOT NULL, so code that does not write it would fail"
            " before triggers fire"
        ),
    ),
    "domain-with-default": (
        (
            "CREATE DOMAIN given AS text DEFAULT 'x'; CREATE DOMAIN address AS given;"
            " CREATE TABLE users (id int, email address)"
        ),
        (
            "domain address has a default, which would be written over what old code"
            " inserts"
        ),
    ),
    "update-of": (
        (
            f"{USERS}; {FUNCTION}; CREATE TRIGGER t AFTER UPDATE OF email ON users"
            " FOR EACH ROW EXECUTE FUNCTION f()"
        ),
        (
            "trigger t of users is for UPDATE OF it, and would not fire when the twin"
            " is written"
        ),
    ),
    "later-trigger": (
        (
            f"{USERS}; {FUNCTION}; CREATE TRIGGER zzzz BEFORE INSERT ON users"
            " FOR EACH ROW EXECUTE FUNCTION f()"
        ),
        (
            "trigger zzzz of users would fire after ours, and could change a row that"
            " is in sync"
        ),
    ),
}


@pytest.mark.parametrize(("setup", "found"), IN_THE_WAY.values(), ids=IN_THE_WAY)
@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
def test_what_makes_a_twin_impossible_is_said(db, project, setup, found, offline):
    db.execute(setup)
    before = db.catalog()
    project.revision("r1", EXPAND)

    if offline:
        said = project.psql(project.sql()).stderr
    else:
        with pytest.raises(DependentObjectsError) as caught:
            project.upgrade()
        said = str(caught.value)

    refused = 'add "mail" as a twin of' if offline else "cannot have a twin"
    assert found in said
    assert refused in said
    assert db.catalog() == before


def test_everything_in_the_way_is_in_one_error(db, project):
    for setup in (
        IN_THE_WAY["update-of"][0],
        "CREATE TABLE admins () INHERITS (users)",
    ):
        db.execute(setup)
    project.revision("r1", EXPAND)

    with pytest.raises(DependentObjectsError) as caught:
        project.upgrade()

    assert IN_THE_WAY["child"][1] in caught.value.detail
    assert IN_THE_WAY["update-of"][1] in caught.value.detail


BAD = {
    "no-table": (
        'op.{p}_rename_column("nobody", "email", "mail")',
        UndefinedObjectError,
    ),
    "no-column": ('op.{p}_rename_column("users", "no", "mail")', UndefinedObjectError),
    "a-view": ('op.{p}_rename_column("v", "email", "mail")', WrongObjectTypeError),
    "same-name": ('op.{p}_rename_column("users", "email", "email")', UsageError),
    "too-long": (f'op.{{p}}_rename_column("users", "email", "{"x" * 64}")', UsageError),
}


@pytest.mark.parametrize(("call", "error"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("phase", ["expand", "migrate", "contract"])
def test_bad_arguments(db, project, call, error, phase):
    db.execute(USERS)
    db.execute("CREATE VIEW v AS SELECT * FROM users")
    before = db.catalog()
    project.revision("r1", call.format(p=phase))

    with pytest.raises(error):
        project.upgrade()

    assert db.catalog() == before


def test_a_column_of_the_new_name_is_not_taken_for_a_twin(db, project):
    db.execute(USERS)
    db.execute("ALTER TABLE users ADD COLUMN mail text")
    project.revision("r1", EXPAND)

    with pytest.raises(DuplicateObjectError, match='"mail" of "users" exists'):
        project.upgrade()


def test_another_policy_than_the_three_is_refused(db, project):
    project.revision(
        "r1", 'op.expand_rename_column("users", "email", "mail", on_conflict="no")'
    )

    with pytest.raises(UsageError, match='on_conflict="no"'):
        project.upgrade()


@pytest.mark.parametrize("call", [MIGRATE, CONTRACT], ids=["migrate", "contract"])
def test_without_an_expand_there_is_nothing_to_go_on_with(db, project, call):
    db.execute(USERS)
    db.execute("ALTER TABLE users ADD COLUMN mail text")
    project.revision("r1", call)

    with pytest.raises(UndefinedObjectError) as caught:
        project.upgrade()

    assert "No trigger keeps" in str(caught.value)


@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
def test_a_contract_waits_for_its_proof(db, project, offline):
    db.execute(USERS)
    db.execute("INSERT INTO users VALUES (1, 'a')")
    project.revision("r1", EXPAND)
    project.revision("r2", CONTRACT)
    project.upgrade("r1")
    before = db.catalog()

    if offline:
        said = project.psql(project.sql("r1:r2")).stderr
    else:
        with pytest.raises(GateClosedError) as caught:
            project.upgrade()
        said = str(caught.value)

    if offline:
        assert "a row that may not match in both columns" in said
    else:
        migrate = "op.migrate_rename_column('users', 'email', 'mail')"
        assert f"hint: Run the revision with {migrate} first." in said
    assert db.catalog() == before


STANDS_ON_THE_TWIN = {
    "index": ("CREATE INDEX ix ON users (mail)", "index ix"),
    "view": ("CREATE VIEW v AS SELECT mail FROM users", "view v"),
    "unique": ("ALTER TABLE users ADD CONSTRAINT uq UNIQUE (mail)", "constraint uq"),
    "check": ("ALTER TABLE users ADD CONSTRAINT ck CHECK (mail <> '')", "ck"),
    "statistics": ("CREATE STATISTICS st ON mail, a FROM users", "st"),
    "default": ("ALTER TABLE users ALTER mail SET DEFAULT 'a'", "default value"),
}


@pytest.mark.parametrize(
    ("statement", "found"), STANDS_ON_THE_TWIN.values(), ids=STANDS_ON_THE_TWIN
)
@pytest.mark.parametrize("keep", ["mail", "email"])
def test_what_stands_on_the_twin_is_not_lost_in_silence(
    db, project, statement, found, keep
):
    db.execute(USERS)
    project.revision("r1", f"{EXPAND}\n{MIGRATE}")
    project.upgrade()
    db.execute(statement)
    before = db.catalog()
    gone = "email" if keep == "mail" else "mail"
    project.revision("r2", f'op.contract_rename_column("users", "{gone}", "{keep}")')

    with pytest.raises(DependentObjectsError) as caught:
        project.upgrade()

    assert found in caught.value.detail
    assert db.catalog() == before


@pytest.mark.parametrize("keep", ["mail", "email"])
def test_what_stands_on_the_twin_of_a_partition_is_not_lost_in_silence(
    db, project, keep
):
    db.execute("CREATE TABLE users (id int, email text) PARTITION BY LIST (id)")
    db.execute("CREATE TABLE one PARTITION OF users FOR VALUES IN (1)")
    project.revision("r1", f"{EXPAND}\n{MIGRATE}")
    project.upgrade()
    db.execute("CREATE INDEX ix ON one (mail)")
    gone = "email" if keep == "mail" else "mail"
    project.revision("r2", f'op.contract_rename_column("users", "{gone}", "{keep}")')

    with pytest.raises(DependentObjectsError, match="index ix"):
        project.upgrade()

    assert db.exists("ix")
