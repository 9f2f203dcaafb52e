"""What makes another type impossible is said before anything is touched."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from alembic_zdt.errors import (
    DependentObjectsError,
    DuplicateObjectError,
    GateClosedError,
    IrreversibleOperationError,
    UndefinedObjectError,
    UsageError,
)
from alembic_zdt.workflows.column_type.expand import ExpandAlterColumnTypeOp
from tests.support.messages import without_revision
from tests.support.workflows import retyping

USERS = "CREATE TABLE users (id int PRIMARY KEY, code text, a int, at timestamp)"


def expand(column, type_, options=""):
    return retyping("users", column, type_, options).splitlines()[0]


def _refused(db, project, error, call):
    before = db.catalog()
    project.revision("r1", call)
    with pytest.raises(error) as caught:
        project.upgrade()
    assert db.catalog() == before
    return without_revision(str(caught.value))


CANNOT = {
    "no-cast": (
        expand("at", "sa.Integer()"),
        "SELECT",
        "The server refuses using: cannot cast type",
    ),
    "session": (
        expand("at", "sa.Text()"),
        "CREATE TYPE mood AS ENUM ('fine')",  # whose casts to text are let pass
        "The server refuses using: generation expression is not immutable",
    ),
    "volatile": (
        expand("a", "sa.Text()", 'using="a + random()", reverse_using="a::int"'),
        "SELECT",
        "The server refuses using: generation expression is not immutable",
    ),
    "another-column": (
        expand("a", "sa.Text()", 'using="a || code", reverse_using="a::int"'),
        "SELECT",
        'The server refuses using: column "code" does not exist',
    ),
    "subquery": (
        expand("a", "sa.Text()", 'using="(SELECT 1)", reverse_using="a::int"'),
        "SELECT",
        "The server refuses using: cannot use subquery",
    ),
    "syntax": (
        expand("a", "sa.Text()", 'using="a ||", reverse_using="a::int"'),
        "SELECT",
        "The server refuses using: syntax error",
    ),
    "way-back": (
        expand("a", "sa.Text()", 'using="a::text", reverse_using="no"'),
        "SELECT",
        'The server refuses reverse_using: column "no" does not exist',
    ),
    "unknown-type": (
        expand("a", 'postgresql.ENUM("x", name="nothing", create_type=False)'),
        "SELECT",
        'The server refuses using: type "nothing" does not exist',
    ),
    "check": (
        expand("code", "sa.Integer()"),
        "ALTER TABLE users ADD CONSTRAINT ck CHECK (code <> '')",
        "The server refuses what depends on it: ",
    ),
    "index": (
        expand("code", "sa.Integer()"),
        "CREATE INDEX ON users (code text_pattern_ops)",
        "The server refuses what depends on it: ",
    ),
    "default": (
        expand("code", "sa.Integer()"),
        "ALTER TABLE users ALTER code SET DEFAULT current_user",
        "The server refuses its default: ",
    ),
    "identity": (
        expand("a", "sa.Numeric()"),
        (
            "ALTER TABLE users ALTER a SET NOT NULL,"
            " ALTER a ADD GENERATED ALWAYS AS IDENTITY"
        ),
        "The server refuses what depends on it: identity column type must be",
    ),
    "foreign-key": (
        expand("a", "sa.Text()"),
        "ALTER TABLE users ADD FOREIGN KEY (a) REFERENCES users",
        'The server refuses foreign key "users_a_fkey": operator does not exist',
    ),
    "rows": (
        expand("code", "sa.Integer()"),
        "INSERT INTO users VALUES (1, 'x')",
        'not every row of "users.code" can become INTEGER',
    ),
    "null": (
        expand("code", "sa.Integer()", 'using="NULL", reverse_using="code::text"'),
        (
            "INSERT INTO users VALUES (1, 'x');"
            " ALTER TABLE users ALTER code SET NOT NULL"
        ),
        "1 rows become NULL",
    ),
}


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(("call", "setup", "found"), CANNOT.values(), ids=CANNOT)
def test_what_the_server_would_not_do_is_said(db, project, driver, call, setup, found):
    """Each refusal is read from one driver, and both are read."""
    db.execute(USERS)
    db.execute(setup)

    assert found in _refused(db, project, UsageError, call)


DEPENDS = {
    "view": ("CREATE VIEW v AS SELECT a FROM users", "view v"),
    "materialized": ("CREATE MATERIALIZED VIEW v AS SELECT a FROM users", "view v"),
    "generated": (
        "ALTER TABLE users ADD g int GENERATED ALWAYS AS (a + 1) STORED",
        "column g",
    ),
    "policy": ("CREATE POLICY p ON users USING (a > 1)", "policy p"),
    "exclusion": (
        "ALTER TABLE users ADD CONSTRAINT ex EXCLUDE USING btree (a WITH =)",
        "constraint ex",
    ),
    "publication": ("CREATE PUBLICATION {p} FOR TABLE users (id, a)", "publication"),
    "trigger": (
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RETURN NULL; END $$;"
            " CREATE TRIGGER tr AFTER UPDATE OF a ON users FOR EACH ROW"
            " EXECUTE FUNCTION f()"
        ),
        "trigger tr",
    ),
    "partitioned-key": (
        (
            "DROP TABLE users; CREATE TABLE users (a int, code text, UNIQUE (a, code))"
            " PARTITION BY LIST (code)"
        ),
        "users_a_code_key",
    ),
}


@pytest.mark.parametrize(("setup", "found"), DEPENDS.values(), ids=DEPENDS)
def test_what_would_be_lost_is_listed(db, project, setup, found):
    if "PUBLICATION" in setup and db.server.version < 15:
        pytest.skip("column lists came with PostgreSQL 15")
    publication = f"p_{db.schema}"
    db.execute(USERS)
    db.execute(setup.format(p=publication))
    try:
        call = expand("a", "sa.BigInteger()")
        assert found in _refused(db, project, DependentObjectsError, call)
    finally:
        db.execute(f"DROP PUBLICATION IF EXISTS {publication}")


def test_all_of_it_is_in_one_error(db, project):
    db.execute(USERS)
    for setup, _ in (DEPENDS["view"], DEPENDS["policy"], DEPENDS["trigger"]):
        db.execute(setup)

    said = _refused(db, project, DependentObjectsError, expand("a", "sa.BigInteger()"))

    for _, found in (DEPENDS["view"], DEPENDS["policy"], DEPENDS["trigger"]):
        assert found in said


USAGE = {
    "no-type": (expand("a", '"bigint"'), "type_='bigint' is not a type"),
    "one-way": (
        expand("a", "sa.Text()", 'using="a::text"'),
        'cannot convert "users.a" in both directions with using= alone',
    ),
    "conflict": (
        expand("a", "sa.Text()", 'on_conflict="no"'),
        'on_conflict="no"',
    ),
}


@pytest.mark.parametrize(("call", "found"), USAGE.values(), ids=USAGE)
def test_bad_arguments(db, project, call, found):
    db.execute(USERS)

    assert found in _refused(db, project, UsageError, call)


def test_a_script_must_be_told_the_old_type(project):
    project.revision("r1", expand("a", "sa.BigInteger()"))

    with pytest.raises(UsageError, match=r'existing_type= for "users.a" is missing'):
        project.sql()


def test_a_script_refuses_to_lose_what_stands_on_the_column(db, project):
    """It cannot know it when it is written, so it looks when it is run."""
    db.execute(USERS)
    db.execute("CREATE INDEX ix ON users (a)")
    project.revision(
        "r1",
        retyping("users", "a", "sa.BigInteger()", "existing_type=sa.Integer()"),
    )

    said = project.psql(project.sql()).stderr

    assert "index ix" in said
    assert db.exists("ix")


def test_without_an_expand_there_is_nothing_to_go_on_with(db, project):
    db.execute(USERS)
    for number, call in enumerate(
        retyping("users", "a", "sa.BigInteger()").splitlines()[1:]
    ):
        project.revision(f"r{number}", call, down_revision=None)

        with pytest.raises(UndefinedObjectError, match="no twin of type BIGINT"):
            project.upgrade(f"r{number}")


def test_a_column_of_the_new_name_is_not_taken_for_a_twin(db, project):
    db.execute(USERS)
    call = expand("a", "sa.BigInteger()", 'new_column_name="id"')

    said = _refused(db, project, DuplicateObjectError, call)

    assert 'column "id" of "users" exists already' in said


def test_a_contract_waits_for_its_proof(db, project):
    db.execute(USERS)
    db.execute("INSERT INTO users VALUES (1, 'x', 2)")
    calls = retyping("users", "a", "sa.BigInteger()").splitlines()
    project.revision("r1", calls[0])
    project.revision("r2", calls[2])
    project.upgrade("r1")
    before = db.catalog()

    with pytest.raises(GateClosedError, match="migrate_alter_column_type"):
        project.upgrade()

    assert db.catalog() == before


def test_the_way_back_needs_the_old_type(project):
    with pytest.raises(IrreversibleOperationError, match="existing_type="):
        ExpandAlterColumnTypeOp("users", "a", sa.BigInteger()).reverse()


@pytest.mark.parametrize("phase", [1, 2], ids=["migrate", "contract"])
@pytest.mark.parametrize("expressions_first", [True, False])
def test_all_phases_need_the_same_expressions(db, project, phase, expressions_first):
    """Nothing is converted in another way than the trigger does it."""
    db.execute(USERS)
    db.execute("INSERT INTO users VALUES (1, 'x', 1250)")
    plain = retyping("users", "a", "sa.Numeric(10, 2)").splitlines()
    with_them = retyping(
        "users", "a", "sa.Numeric(10, 2)", 'using="a / 100.0", reverse_using="a * 100"'
    ).splitlines()
    first, second = (with_them, plain) if expressions_first else (plain, with_them)
    project.revision("r1", "\n".join(first[:phase]))
    project.revision("r2", second[phase])
    project.upgrade("r1")
    rows = db.checksums()

    with pytest.raises(UsageError, match=r"was run with(out)? using="):
        project.upgrade()

    assert db.checksums() == rows
