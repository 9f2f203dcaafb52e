"""What a hint says helps: the test does it, and the same command ends."""

from __future__ import annotations

import re

import pytest

from alembic_zdt.errors import (
    PreconditionError,
    RowFailedError,
    UsageError,
    ZdtError,
)
from tests.support.roles import role, run_as
from tests.support.workflows import renaming, retyping

WORKFLOWS = {
    "rename": renaming("t", "v", "w"),
    "type": retyping("t", "v", "sa.Text()", "existing_type=sa.String(9)"),
}
BACK = {
    "rename": "op.contract_rename_column('t', 'w', 'v')",
    "type": (
        "op.contract_alter_column_type('t', 'v', sa.String(9), existing_type=sa.Text())"
    ),
}
every_workflow = pytest.mark.parametrize("calls", WORKFLOWS.values(), ids=WORKFLOWS)
PLAIN = ("CREATE TABLE t (id int, v varchar(9))",)
PARTITIONED = (
    "CREATE TABLE t (id int, v varchar(9)) PARTITION BY RANGE (id)",
    "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (20)",
    "CREATE TABLE t2 PARTITION OF t DEFAULT",
)
TABLES = {"plain": PLAIN, "partitioned": PARTITIONED}


@pytest.fixture
def rows(db):
    """Make a table with rows, and no key."""

    def make(statements=PLAIN):
        for statement in statements:
            db.execute(statement)
        db.execute("INSERT INTO t SELECT g, 'a' || g FROM generate_series(1, 30) g")

    return make


@pytest.fixture
def published(db):
    """Publish the table for the time of a test."""
    name = f"p_{db.schema}"
    yield lambda options="": db.execute(
        f"CREATE PUBLICATION {name} FOR TABLE t{options}"
    )
    db.execute(f"DROP PUBLICATION IF EXISTS {name}")


def in_phases(project, calls):
    back = BACK[next(name for name in WORKFLOWS if WORKFLOWS[name] == calls)]
    for number, call in enumerate(calls.splitlines()):
        project.revision(f"r{number}", call, "" if number else back)


@every_workflow
@pytest.mark.parametrize("tables", TABLES.values(), ids=TABLES)
def test_a_table_without_a_replica_identity(
    db, project, rows, published, tables, calls
):
    """It is said before anything is changed."""
    rows(tables)
    published()
    before = db.catalog()
    in_phases(project, calls)

    with pytest.raises(PreconditionError, match="cannot be updated") as refused:
        project.upgrade()

    assert db.catalog() == before
    for statement in re.findall(r"ALTER TABLE .*?;", refused.value.hint):
        db.execute(statement)
    project.upgrade()


def test_a_backfill_of_a_table_without_a_replica_identity(db, project, rows, published):
    rows(PARTITIONED)
    published(" WITH (publish_via_partition_root = true)")
    project.revision("r1", "op.backfill('t', {'v': \"'b'\"}, where=\"v <> 'b'\")")

    with pytest.raises(UsageError, match="replica identity") as refused:
        project.upgrade()

    for statement in re.findall(r"ALTER TABLE .*?;", refused.value.hint):
        db.execute(statement)
    project.upgrade()


@pytest.mark.parametrize(
    "fix",
    [
        "ALTER TABLE t ADD PRIMARY KEY (id)",
        (
            "ALTER TABLE t ALTER id SET NOT NULL; CREATE UNIQUE INDEX ix ON t (id);"
            " ALTER TABLE t REPLICA IDENTITY USING INDEX ix"
        ),
        "DROP PUBLICATION {}",
    ],
    ids=["key", "index", "none"],
)
def test_what_else_makes_a_table_fit_to_be_updated(db, project, rows, published, fix):
    rows()
    published()
    db.execute(fix.format(f"p_{db.schema}"))
    in_phases(project, WORKFLOWS["rename"])

    project.upgrade()

    assert db.columns("t")[-1] == "w"


@every_workflow
def test_a_row_that_cannot_be_changed(db, project, rows, calls):
    rows()
    db.execute("ALTER TABLE t ADD CHECK (id < 30) NOT VALID")
    before = db.catalog()
    in_phases(project, calls)

    with pytest.raises(RowFailedError, match="violates check constraint") as refused:
        project.upgrade()

    assert refused.value.hint.startswith("Correct that row")
    assert "migrate_" not in refused.value.hint
    project.downgrade("base")
    assert db.catalog() == before
    db.execute("UPDATE t SET id = 29 WHERE id = 30")
    project.upgrade()


OVERFLOW = {
    "int": ("bigint", "3000000000", "sa.Integer()"),
    "smallint": ("numeric", "-32769", "sa.SmallInteger()"),
    "precision": ("numeric(9,2)", "99999.99", "sa.Numeric(6, 2)"),
    "text": ("text", "'12 apples'", "sa.Integer()"),
}


@pytest.mark.parametrize(("old", "value", "new"), OVERFLOW.values(), ids=OVERFLOW)
def test_values_that_cannot_be_converted_are_shown(db, project, old, value, new):
    """Those in the way are named, and changed; then it goes."""
    db.execute(f"CREATE TABLE t (id int, v {old})")
    db.execute(f"INSERT INTO t VALUES (1, {value}), (2, NULL)")
    project.revision("r1", retyping("t", "v", new))

    with pytest.raises(UsageError, match="not every row") as refused:
        project.upgrade()

    assert value.strip("'") in refused.value.detail
    assert refused.value.hint.startswith("Correct these rows")
    db.execute("UPDATE t SET v = '12' WHERE id = 1")
    project.upgrade()
    assert db.value("SELECT v = 12 FROM t WHERE id = 1")


@pytest.fixture
def migrator(db, project):
    """Run as a role that may not create temporary tables."""
    with role(db, "migrator") as name:
        db.execute(f'REVOKE TEMPORARY ON DATABASE "{db.database}" FROM PUBLIC')
        run_as(project, name)
        db.execute(f"ALTER TABLE t OWNER TO {name}")
        yield name
        db.execute(f'REVOKE ALL ON DATABASE "{db.database}" FROM {name}')
        db.execute(f'GRANT TEMPORARY ON DATABASE "{db.database}" TO PUBLIC')


@pytest.fixture
def indexed(db, rows):
    rows()
    db.execute("CREATE INDEX ix ON t (lower(v))")


@every_workflow
def test_a_role_without_temporary_tables(db, project, indexed, migrator, calls):
    in_phases(project, calls)

    with pytest.raises(ZdtError, match="create temporary tables") as refused:
        project.upgrade()

    found = re.search(r"GRANT TEMPORARY ON DATABASE [^,;]*", refused.value.hint)
    assert found is not None
    names = f'DATABASE "{db.database}" TO {migrator}'
    db.execute(found[0].replace("DATABASE ... TO ...", names))
    project.upgrade()


def test_a_type_that_there_is_not(db, project, rows):
    rows()
    type_ = "postgresql.ENUM('a1', name='nowhere', create_type=False)"
    call = f"op.expand_alter_column_type('t', 'v', {type_})"
    project.revision("r0", f"from sqlalchemy.dialects import postgresql\n{call}")

    with pytest.raises(UsageError, match="does not exist") as refused:
        project.upgrade()

    assert refused.value.hint.startswith("Correct the type, or create it")
