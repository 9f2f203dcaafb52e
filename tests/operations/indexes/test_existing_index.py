"""An index that is there already: skipped when it is the one that was meant."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import DuplicateObjectError, PreconditionError

SAME = {
    "plain": ('["email"]', "CREATE INDEX ix ON users (email)"),
    "unique": ('["email"], unique=True', "CREATE UNIQUE INDEX ix ON users (email)"),
    "expression": (
        '[sa.text("lower(email) DESC")], postgresql_where=sa.text("id>3")',
        "CREATE INDEX ix ON users (lower(email) DESC) WHERE id > 3",
    ),
    "include": (
        '["email"], postgresql_include=["name"], postgresql_using="btree"',
        "CREATE INDEX ix ON users (email) INCLUDE (name)",
    ),
    "storage": (
        '["email"], postgresql_with={"fillfactor": 70}',
        "CREATE INDEX ix ON users (email) WITH (fillfactor = 70)",
    ),
}
OTHER = {
    "column": ('["email"]', "CREATE INDEX ix ON users (name)"),
    "order": ('[sa.text("email DESC")]', "CREATE INDEX ix ON users (email)"),
    "unique": ('["email"], unique=True', "CREATE INDEX ix ON users (email)"),
    "predicate": (
        '["email"], postgresql_where=sa.text("id > 3")',
        "CREATE INDEX ix ON users (email) WHERE id > 4",
    ),
    "include": (
        '["email"], postgresql_include=["name"]',
        "CREATE INDEX ix ON users (email)",
    ),
    "method": ('["id"], postgresql_using="hash"', "CREATE INDEX ix ON users (id)"),
}


@pytest.fixture
def users(db):
    """Create the table."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text, name text)")


def oid_of_index(db):
    return db.value("SELECT to_regclass('ix')::oid")


@pytest.mark.compat
@pytest.mark.parametrize("case", SAME)
def test_index_of_the_same_definition_is_kept(db, project, users, case):
    """A run that died before alembic_version was written is finished by the next."""
    wanted, existing = SAME[case]
    db.execute(existing)
    before = oid_of_index(db)
    project.revision("r1", f'op.create_index_concurrently("ix", "users", {wanted})')

    project.upgrade()

    assert oid_of_index(db) == before
    assert project.current == ["r1"]


@pytest.mark.parametrize("case", SAME)
def test_replacing_by_the_same_definition_does_nothing(db, project, users, case):
    """The index has that definition already."""
    wanted, existing = SAME[case]
    db.execute(existing)
    before = oid_of_index(db)
    project.revision("r1", f'op.replace_index_concurrently("ix", "users", {wanted})')

    project.upgrade()

    assert oid_of_index(db) == before


@pytest.mark.parametrize("case", OTHER)
def test_replacing_another_definition_builds_a_new_one(db, project, users, case):
    """The new index has the name, and the definition that was asked for."""
    wanted, existing = OTHER[case]
    db.execute(existing)
    before = oid_of_index(db)
    project.revision("r1", f'op.replace_index_concurrently("ix", "users", {wanted})')

    project.upgrade()

    assert oid_of_index(db) != before
    assert db.index("ix").is_valid
    assert db.value("SELECT to_regclass('zdt_new_ix')") is None


@pytest.mark.parametrize("case", OTHER)
def test_index_of_another_definition_is_refused(db, project, users, case):
    """The error shows what is there and what was wanted, spelled alike."""
    wanted, existing = OTHER[case]
    db.execute(existing)
    before = db.catalog()
    project.revision("r1", f'op.create_index_concurrently("ix", "users", {wanted})')

    with pytest.raises(Exception, match='"ix" exists and is another object') as caught:
        project.upgrade()

    assert type(caught.value).__name__ == "DuplicateObjectError"
    assert "USING " in str(caught.value).split("Wanted: ")[1].split("(")[0]
    assert db.catalog() == before


def test_statistics_of_another_schema_do_not_count(db, project, users, new_schema):
    """An index of an expression has its own, whatever its namesake has."""
    schemas = [db.schema, new_schema()]
    db.execute(f"CREATE TABLE {schemas[1]}.users (LIKE users)")
    index = '"ix", "users", [sa.text("lower(email)")]'
    calls = [f'op.create_index_concurrently({index}, schema="{s}")' for s in schemas]
    for schema in schemas:
        db.execute(f"INSERT INTO {schema}.users VALUES (1, 'A'), (2, 'B')")
    project.revision("r1", "\n".join(calls))

    project.upgrade()

    found = db.column(
        "SELECT schemaname::text FROM pg_stats WHERE tablename = 'ix'"
        " AND schemaname = ANY (%s)",
        schemas,
    )
    assert sorted(found) == sorted(schemas)


EVENTS = """
CREATE TABLE events (id int, body text, n int) PARTITION BY RANGE (id);
CREATE TABLE old PARTITION OF events FOR VALUES FROM (0) TO (9) PARTITION BY LIST (id);
CREATE TABLE old_1 PARTITION OF old FOR VALUES IN (1);
CREATE TABLE new PARTITION OF events FOR VALUES FROM (9) TO (99);
"""
ON_EVENTS = 'op.create_index_concurrently("ix", "events", ["body"])'


@pytest.mark.parametrize("part", ["new", "old", "old_1"])
def test_index_of_a_partition_of_another_definition_is_refused(db, project, part):
    """Its name alone does not make it the part; the call in the hint is the way out."""
    db.execute(f"{EVENTS} CREATE INDEX ix_{part} ON {part} (n)")
    project.revision("r1", ON_EVENTS)

    with pytest.raises(DuplicateObjectError) as caught:
        project.upgrade()

    assert f'"ix_{part}" exists and is another object' in str(caught.value)
    call = caught.value.hint.partition(" the index with ")[2].rstrip(".")
    project.revision("r0", call, down_revision=None)
    project.revision("r1", ON_EVENTS, down_revision="r0")
    project.upgrade()
    assert db.index("ix").is_valid
    assert db.indexes(part) == [f"ix_{part}"]


@pytest.mark.parametrize("how", ["online", "script"])
def test_index_of_a_partition_of_the_same_definition_is_attached(db, project, how):
    db.execute(f"{EVENTS} CREATE INDEX ix_old_1 ON old_1 (body)")
    before = db.value("SELECT 'ix_old_1'::regclass::oid")
    project.revision("r1", ON_EVENTS)

    if how == "online":
        project.upgrade()
    else:
        project.psql(project.sql(flavor="psql")).ok()

    assert db.index("ix").is_valid
    assert db.value("SELECT 'ix_old_1'::regclass::oid") == before


REPLACED = 'op.replace_index_concurrently("ix", "users", {})'
BELONGINGS = """
SELECT obj_description(x.oid, 'pg_class'), i.indisclustered, i.indisreplident,
  coalesce(s.spcname, 'none'),
  array_to_string(ARRAY(SELECT coalesce(attstattarget, -1) FROM pg_attribute a
    WHERE a.attrelid = x.oid ORDER BY attnum), ' ')
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
LEFT JOIN pg_tablespace s ON s.oid = x.reltablespace WHERE x.oid = 'ix'::regclass
"""


@pytest.mark.parametrize("how", ["online", "script"])
def test_replaced_index_keeps_what_it_has(db, project, users, how):
    """Its comment, its CLUSTER mark, and the targets of the same expressions."""
    db.execute("INSERT INTO users VALUES (1, 'a', 'b')")
    db.execute("CREATE INDEX ix ON users (lower(name), email, lower(email))")
    db.execute("COMMENT ON INDEX ix IS 'it''s \"ours\"'")
    db.execute("ALTER INDEX ix ALTER 1 SET STATISTICS 100")
    db.execute("ALTER INDEX ix ALTER 3 SET STATISTICS 300")
    db.execute("ALTER TABLE users CLUSTER ON ix")
    wanted = REPLACED.format('[sa.text("lower(email)"), "id", sa.text("upper(name)")]')
    project.revision("r1", wanted)

    project.upgrade()

    assert db.row(BELONGINGS) == ('it\'s "ours"', True, False, "none", "300 -1 -1")
    assert db.value("SELECT count(*) FROM pg_stats WHERE tablename = 'ix'") == 2
    assert db.is_true("SELECT pg_get_indexdef('ix'::regclass) LIKE '%upper(name)%'")


def test_replaced_index_stays_the_replica_identity(db, project, users):
    """In no moment an UPDATE of a published table fails; the tablespace stays, too."""
    place = f"space_{db.schema}"
    db.execute("SET allow_in_place_tablespaces = on")
    db.execute(f"CREATE TABLESPACE {place} LOCATION ''")
    db.execute("ALTER TABLE users ALTER email SET NOT NULL, ALTER name SET NOT NULL")
    db.execute(f"CREATE UNIQUE INDEX ix ON users (email) TABLESPACE {place}")
    db.execute("ALTER TABLE users REPLICA IDENTITY USING INDEX ix")
    project.revision("r1", REPLACED.format('["email", "name"], unique=True'))

    project.upgrade()

    assert db.row(BELONGINGS) == (None, False, True, place, "-1 -1")
    db.execute("DROP TABLE users")
    db.execute(f"DROP TABLESPACE {place}")


REFUSED = {
    "REPLICA IDENTITY USING INDEX ix": (
        ('["id"]', '["name"], unique=True', '[sa.text("lower(name)")], unique=True'),
        "is the replica identity",
        "ALTER TABLE users REPLICA IDENTITY DEFAULT",
    ),
    "CLUSTER ON ix": (
        ('["id"], postgresql_using="hash"', '["id"], postgresql_where=sa.text("id>1")'),
        "has the CLUSTER mark",
        "ALTER TABLE users SET WITHOUT CLUSTER",
    ),
}


@pytest.mark.parametrize("mark", REFUSED)
def test_replacement_that_cannot_take_over_is_refused(db, project, users, mark):
    """Nothing is built; the statement in the hint is the way out."""
    db.execute("ALTER TABLE users ALTER email SET NOT NULL")
    db.execute("CREATE UNIQUE INDEX ix ON users (email)")
    db.execute(f"ALTER TABLE users {mark}")
    calls, words, statement = REFUSED[mark]

    for call in calls:
        project.revision("r1", REPLACED.format(call))
        with pytest.raises(PreconditionError, match=words) as caught:
            project.upgrade()
    assert statement in caught.value.hint
    assert db.column("SELECT indexrelid::regclass::text FROM pg_index"
                     " WHERE indrelid = 'users'::regclass"
                     " AND NOT indisprimary") == ["ix"]  # fmt: skip

    db.execute(statement)
    project.upgrade()
