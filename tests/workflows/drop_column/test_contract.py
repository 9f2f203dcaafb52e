"""A column or a table goes when nothing needs it, and takes nothing with it."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import (
    DependentObjectsError,
    IrreversibleOperationError,
    WrongObjectTypeError,
)
from alembic_zdt.workflows.drop_column.contract import ContractDropColumnOp
from alembic_zdt.workflows.drop_table.contract import ContractDropTableOp

USERS = (
    "CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL, a int DEFAULT 1,"
    " b int NOT NULL DEFAULT 2, UNIQUE (a), CHECK (a > 0))"
)
EXPAND = 'op.expand_drop_column("users", "{}", existing_nullable=False)'
CONTRACT = 'op.contract_drop_column("users", "{}")'


@pytest.mark.parametrize("column", ["email", "b", "id", "a"])
@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
def test_after_the_expand_a_row_may_do_without_it(db, project, column, offline):
    db.execute(USERS)
    db.execute("ALTER TABLE users ALTER email SET DEFAULT ''")
    db.execute(f"ALTER TABLE users ALTER email DROP DEFAULT; SELECT '{column}'")
    project.revision("r1", EXPAND.format(column))

    if offline:
        project.psql(project.sql()).ok()
    else:
        project.upgrade()

    others = {"email": "''", "b": "2", "a": "1"} | {column: "NULL"}
    others.pop(column)
    if column == "id":
        others["email"] = "'x'"
    names, values = ", ".join(others), ", ".join(others.values())
    db.execute(f"INSERT INTO users ({names}) VALUES ({values})")


def test_only_what_is_needed_is_changed(db, project):
    """A default is enough."""
    db.execute(USERS)
    before = db.catalog()
    project.revision("r1", EXPAND.format("b"))

    project.upgrade()

    assert db.catalog() == before


def test_the_expand_can_be_taken_back(db, project):
    db.execute(USERS)
    before = db.catalog()
    project.revision(
        "r1", EXPAND.format("email"), 'op.add_not_null_two_phase("users", "email")'
    )

    project.upgrade()
    assert db.catalog() != before
    project.downgrade()

    assert db.catalog() == before


def test_all_that_is_its_own_goes_with_it(db, project, driver):
    db.execute(USERS)
    db.execute("CREATE TABLE others (id int PRIMARY KEY)")
    db.execute("ALTER TABLE users ADD FOREIGN KEY (a) REFERENCES others")
    db.execute("CREATE INDEX ix ON users (abs(a)) WHERE a > 3")
    project.revision("r1", CONTRACT.format("a"))

    project.upgrade()

    assert db.columns("users") == ["id", "email", "b"]
    assert db.indexes("users") == ["users_pkey"]
    assert (
        db.value("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'others'::regclass")
        == 0
    )


NEEDED = {
    "view": ("CREATE VIEW v AS SELECT a FROM users", "view v"),
    "index": ("CREATE INDEX ix ON users (a, b)", "index ix"),
    "half-replaced": ("CREATE INDEX zdt_new_ix ON users (a, b)", "index zdt_new_ix"),
    "included": ("CREATE INDEX ix ON users (b) INCLUDE (a)", "index ix"),
    "predicate": ("CREATE INDEX ix ON users (b) WHERE a > 1", "index ix"),
    "check": ("ALTER TABLE users ADD CONSTRAINT ck CHECK (a > b)", "constraint ck"),
    "unique": ("ALTER TABLE users ADD CONSTRAINT uq UNIQUE (a, b)", "constraint uq"),
    "incoming": (
        "CREATE TABLE o (a int REFERENCES users (a))",
        "constraint o_a_fkey",
    ),
    "generated": (
        "ALTER TABLE users ADD g int GENERATED ALWAYS AS (a + 1) STORED",
        "column g",
    ),
    "policy": ("CREATE POLICY p ON users USING (a > 1)", "policy p"),
    "statistics": ("CREATE STATISTICS st ON a, b FROM users", "st"),
}


@pytest.mark.parametrize(("setup", "found"), NEEDED.values(), ids=NEEDED)
@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
def test_what_others_need_stays(db, project, setup, found, offline):
    """Nothing is dropped, not even what is its own."""
    db.execute(USERS)
    db.execute(setup)
    db.execute("CREATE INDEX own ON users (a)")
    before = db.catalog()
    project.revision("r1", CONTRACT.format("a"))

    if offline:
        # It does not know what is the column's own, and names one thing only.
        assert "is in the way" in project.psql(project.sql()).stderr
    else:
        with pytest.raises(DependentObjectsError) as caught:
            project.upgrade()
        assert found in caught.value.detail

    assert db.catalog() == before


def test_on_a_partitioned_table_its_parts_go_too(db, project):
    db.execute("CREATE TABLE users (id int, a int, b int) PARTITION BY LIST (id)")
    db.execute("CREATE TABLE u1 PARTITION OF users DEFAULT")
    db.execute("CREATE INDEX ix ON users (a)")
    project.revision("r1", CONTRACT.format("a"))

    project.upgrade()

    assert db.columns("u1") == ["id", "b"]


def test_there_is_no_way_back_from_lost_values():
    for lost in (ContractDropColumnOp("users", "a"), ContractDropTableOp("users")):
        with pytest.raises(IrreversibleOperationError, match="are gone"):
            lost.reverse()


NEEDS_THE_TABLE = {
    "view": ("CREATE VIEW v AS SELECT 1 AS x FROM users", "view v"),
    "incoming": ("CREATE TABLE o (a int REFERENCES users)", "constraint o_a_fkey"),
    "row-type": ("CREATE TABLE o (u users)", "column u of table o"),
    "function": (
        "CREATE FUNCTION f(users) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "function f",
    ),
    "policy": (
        (
            "CREATE TABLE o (a int);"
            " CREATE POLICY p ON o USING (EXISTS (SELECT FROM users))"
        ),
        "policy p",
    ),
}


@pytest.mark.parametrize(
    ("setup", "found"), NEEDS_THE_TABLE.values(), ids=NEEDS_THE_TABLE
)
def test_a_table_that_others_need_stays(db, project, setup, found):
    db.execute(USERS)
    db.execute(setup)
    before = db.catalog()
    project.revision("r1", 'op.contract_drop_table("users")')

    with pytest.raises(DependentObjectsError) as caught:
        project.upgrade()

    assert found in caught.value.detail
    assert db.catalog() == before


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("partitioned", [False, True])
def test_a_table_goes_with_all_its_own(db, project, driver, partitioned):
    """Each driver runs half of them."""

    db.execute("CREATE TABLE others (id int PRIMARY KEY)")
    before = db.catalog()
    by = "PARTITION BY LIST (id)" if partitioned else ""
    db.execute(
        f"CREATE TABLE users (id serial PRIMARY KEY, o int REFERENCES others,"
        f" p int REFERENCES users) {by}"
    )
    if partitioned:
        db.execute("CREATE TABLE u1 PARTITION OF users DEFAULT")
    project.revision("r1", 'op.contract_drop_table("users")')

    project.upgrade()

    assert db.catalog() == before


def test_a_view_is_no_table(db, project):
    db.execute("CREATE VIEW v AS SELECT 1 AS a")
    project.revision("r1", 'op.contract_drop_table("v")')

    with pytest.raises(WrongObjectTypeError, match='"v" is a view'):
        project.upgrade()


def test_a_foreign_key_of_a_namesake_is_not_its_own(db, project, new_schema):
    """A table of the same name in another schema refers to the column."""
    other = new_schema()
    db.execute(USERS)
    db.execute(f"CREATE TABLE {other}.users (a int REFERENCES users (a))")
    project.revision("r1", CONTRACT.format("a"))

    with pytest.raises(DependentObjectsError, match="constraint users_a_fkey"):
        project.upgrade()


def test_a_table_may_refer_to_a_namesake(db, project, new_schema):
    other = new_schema()
    db.execute(f"CREATE TABLE {other}.users (id int PRIMARY KEY)")
    db.execute(f"CREATE TABLE users (id int REFERENCES {other}.users)")
    project.revision("r1", 'op.contract_drop_table("users")')

    project.upgrade()

    assert not db.exists("users")
    left = "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass"
    assert db.value(left, f"{other}.users") == 0


@pytest.mark.parametrize("refers", [False, True])
def test_a_script_drops_a_table_without_foreign_keys(db, project, refers):
    db.execute("CREATE TABLE others (id int PRIMARY KEY)")
    db.execute("CREATE TABLE users (id int PRIMARY KEY, o int)")
    if refers:
        db.execute("ALTER TABLE users ADD FOREIGN KEY (o) REFERENCES others")
    project.revision("r1", 'op.contract_drop_table("users")')

    done = project.psql(project.sql())

    assert db.exists("users") is refers
    assert ("foreign key users_o_fkey" in done.stderr) is refers


PARENT = "CREATE TABLE parents (a int PRIMARY KEY, b int, UNIQUE (a, b))"
CHILD = "CREATE TABLE children (id int PRIMARY KEY, a int, b int)"
KEY = "ALTER TABLE children ADD CONSTRAINT fk FOREIGN KEY ({}) REFERENCES parents ({})"
KEYS = "SELECT conname::text FROM pg_constraint WHERE contype = 'f'"


@pytest.fixture
def children(db):
    db.execute(PARENT)
    db.execute(CHILD)


def test_foreign_key_of_several_columns_keeps_the_column(db, project, children):
    """It says more than that the column is there."""
    db.execute(KEY.format("a, b", "a, b"))
    project.revision("r1", 'op.contract_drop_column("children", "b")')

    with pytest.raises(DependentObjectsError, match="fk"):
        project.upgrade()

    assert db.column(KEYS) == ["fk"]
    assert db.columns("children") == ["id", "a", "b"]


def test_foreign_key_of_another_column_stays(db, project, children):
    """Only that of the column itself goes with it."""
    db.execute(KEY.format("a", "a"))
    project.revision("r1", 'op.contract_drop_column("children", "b")')

    project.upgrade()

    assert db.column(KEYS) == ["fk"]
