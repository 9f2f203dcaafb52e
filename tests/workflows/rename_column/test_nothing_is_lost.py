"""A rename by way of a twin ends where RENAME COLUMN ends, and leads back again."""

from __future__ import annotations

import contextlib

import pytest

from tests.support.roles import role
from tests.support.workflows import renaming

CONTACTS = (
    (
        "CREATE TABLE contacts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
        " email varchar(80) COLLATE \"C\" NOT NULL DEFAULT 'none',"
        " low text GENERATED ALWAYS AS (lower(email)) STORED, a int, b int)"
    ),
    "INSERT INTO contacts (email, a) SELECT 'U' || g, g FROM generate_series(1, 300) g",
    (
        "ALTER TABLE contacts ADD CONSTRAINT uq UNIQUE (email, a)"
        " DEFERRABLE INITIALLY DEFERRED"
    ),
    "ALTER TABLE contacts ADD CONSTRAINT uq_email UNIQUE (email) INCLUDE (b)",
    "ALTER TABLE contacts ADD CONSTRAINT ck CHECK (length(email) > 1)",
    (
        "CREATE INDEX ix ON contacts (email varchar_pattern_ops DESC NULLS LAST, a)"
        " INCLUDE (b) WITH (fillfactor = 70) WHERE email <> 'x'"
    ),
    "CREATE INDEX ix_expression ON contacts (lower(email) DESC)",
    "CREATE STATISTICS st (dependencies) ON email, a FROM contacts",
    "ALTER TABLE contacts ALTER email SET STATISTICS 500",
    "ALTER TABLE contacts ALTER email SET STORAGE EXTERNAL",
    "COMMENT ON COLUMN contacts.email IS 'where to write to'",
    "CREATE TABLE letters (id int PRIMARY KEY, recipient varchar(80))",
    "ALTER TABLE letters ADD FOREIGN KEY (recipient) REFERENCES contacts (email)",
    "CREATE TABLE known (email varchar(80) PRIMARY KEY)",
    "INSERT INTO known SELECT email FROM contacts",
    (
        "ALTER TABLE contacts ADD CONSTRAINT fk FOREIGN KEY (email)"
        " REFERENCES known ON UPDATE CASCADE"
    ),
    "CREATE VIEW v AS SELECT id, email FROM contacts WHERE email <> 'x'",
    "CREATE MATERIALIZED VIEW m AS SELECT email, count(*) FROM contacts GROUP BY 1",
    "CREATE RULE r AS ON UPDATE TO v DO ALSO SELECT old.email",
    "ALTER TABLE contacts ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY p ON contacts USING (email <> 'secret') WITH CHECK (email <> 'x')",
    (
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NULL; END $$"
    ),
    (
        "CREATE TRIGGER note AFTER INSERT ON contacts FOR EACH ROW"
        " WHEN (NEW.email <> 'x') EXECUTE FUNCTION note()"
    ),
)
PARTITIONED = (
    "CREATE TABLE contacts (id int, email text, a int) PARTITION BY RANGE (id)",
    "CREATE TABLE c1 PARTITION OF contacts FOR VALUES FROM (0) TO (100)",
    (
        "CREATE TABLE c2 PARTITION OF contacts FOR VALUES FROM (100) TO (300)"
        " PARTITION BY LIST (a)"
    ),
    "CREATE TABLE c2a PARTITION OF c2 DEFAULT",
    "CREATE INDEX ix ON contacts (email)",
    "ALTER TABLE contacts ADD UNIQUE (id, a, email)",
    "INSERT INTO contacts SELECT g, 'U' || g, g FROM generate_series(1, 200) g",
)
SHAPES = {"everything": CONTACTS, "partitioned": PARTITIONED}


@pytest.fixture
def reader(db):
    """A role with rights on columns, which goes before the schema does."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(role(db, "reader"))


def setup(db, shape, reader):
    for statement in SHAPES[shape]:
        db.execute(statement)
    name = reader()
    db.execute(f"GRANT SELECT (email, a), UPDATE (email) ON contacts TO {name}")
    db.execute(f"GRANT REFERENCES (email) ON contacts TO {name} WITH GRANT OPTION")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("strategy", ["twin", "view"])
@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
def test_it_ends_where_rename_column_ends(
    db, project, reader, shape, offline, strategy
):
    setup(db, shape, reader)
    if strategy == "view" and db.server.version < 15:
        db.execute("ALTER TABLE contacts DISABLE ROW LEVEL SECURITY")
    elif strategy == "view":  # a role that reads in part cannot be served with it
        db.execute(f"GRANT SELECT ON contacts TO {db.schema}_reader")
    options = f"strategy={strategy!r}"
    before, rows = db.catalog(), db.checksums()
    db.execute("ALTER TABLE contacts RENAME COLUMN email TO mail")
    wanted = db.catalog()
    db.execute("ALTER TABLE contacts RENAME COLUMN mail TO email")
    assert db.catalog() == before
    project.revision(
        "r1",
        renaming("contacts", "email", "mail", options),
        renaming("contacts", "mail", "email", options),
    )

    if offline:
        project.psql(project.sql()).ok()
    else:
        project.upgrade()
    assert db.catalog() == wanted
    assert db.checksums() == rows

    if offline:
        project.psql(project.sql("head:base", down=True)).ok()
    else:
        project.downgrade()
    assert db.catalog() == before
    assert db.checksums() == rows


def test_who_may_use_the_old_column_may_use_the_new_one(db, project, reader):
    """A right on the column, not on the table: it is there from the first moment."""
    setup(db, "everything", reader)
    name = f"{db.schema}_reader"
    project.revision("r1", 'op.expand_rename_column("contacts", "email", "mail")')

    project.upgrade()

    for column in ("email", "mail"):
        for privilege in ("SELECT", "UPDATE", "REFERENCES WITH GRANT OPTION"):
            assert db.value(
                "SELECT has_column_privilege(%s, 'contacts', %s, %s)",
                *(name, column, privilege),
            )
        assert not db.value(
            "SELECT has_column_privilege(%s, 'contacts', %s, 'INSERT')", name, column
        )


@pytest.mark.parametrize("keep", ["mail", "email"])
def test_a_table_in_the_second_schema_of_the_path(db, project, new_schema, keep):
    """A script does not know where the table is; whoever ends it does not mind."""
    second = new_schema()
    db.execute(f"CREATE TABLE {second}.users (id int, email text)")
    db.execute(f"INSERT INTO {second}.users VALUES (1, 'a')")
    gone = "email" if keep == "mail" else "mail"
    calls = renaming("users", "email", "mail").splitlines()
    project.revision("r1", "\n".join(calls[:2]))
    project.revision("r2", f'op.contract_rename_column("users", "{gone}", "{keep}")')
    path = f"{db.schema},{second}"
    db.execute(f"ALTER DATABASE {db.database} SET search_path = {path}")

    project.psql(project.sql("r1"), path).ok()
    project.upgrade()

    left = "SELECT count(*) FROM pg_proc WHERE proname LIKE 'zdt_sync%'"
    assert db.value(left) == 0
    assert db.value(f"SELECT {keep} FROM {second}.users") == "a"
