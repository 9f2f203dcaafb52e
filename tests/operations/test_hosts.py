"""The places a directive can stand in, and what else Alembic may be doing there."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import UsageError
from tests.support.messages import error_page, without_revision

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, name text)"
ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, user_id int, total int)"
INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'
DROP = 'op.drop_index_concurrently("ix", "users")'
FOREIGN_KEY = (
    'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], ["id"])'
)
SEVERAL = f"""
{INDEX}
op.add_not_null_two_phase("users", "email")
op.create_check_constraint_two_phase("ck", "orders", "total >= 0")
{FOREIGN_KEY}
op.create_unique_constraint_concurrently("uq", "users", ["name"])
"""
SEVERAL_BACK = f"""
op.drop_constraint_safely("uq", "users")
op.drop_constraint_safely("fk", "orders")
op.drop_constraint_safely("ck", "orders")
op.drop_not_null("users", "email")
{DROP}
"""
MIXED = f"""
op.create_table("tags", sa.Column("id", sa.Integer, primary_key=True))
op.add_column("users", sa.Column("age", sa.Integer))
op.execute("INSERT INTO users VALUES (1, 'a', 'b', 30)")
{INDEX}
op.alter_column("users", "age", new_column_name="years")
op.execute("UPDATE users SET years = 31")
op.create_check_constraint_two_phase("ck", "users", "years > 30")
op.create_index("ix_tags", "tags", ["id"])
"""
MIXED_BACK = """
op.drop_table("tags")
op.drop_constraint_safely("ck", "users")
op.execute("DELETE FROM users")
op.drop_index_concurrently("ix", "users")
op.drop_column("users", "years")
"""


def within(block):
    """Put the lines into the user's own autocommit_block()."""
    lines = "\n".join(f"    {line}" for line in block.strip().splitlines())
    return f"with op.get_context().autocommit_block():\n{lines}\n"


BODIES = {
    "several": (SEVERAL, SEVERAL_BACK),
    "several-in-a-block": (within(SEVERAL), within(SEVERAL_BACK)),
    "mixed": (MIXED, MIXED_BACK),
    "mixed-around-a-block": (
        f"""
op.add_column("users", sa.Column("age", sa.Integer))
{within(INDEX)}
op.drop_column("users", "age")
op.create_check_constraint_two_phase("ck", "orders", "total >= 0")
""",
        f'op.drop_constraint_safely("ck", "orders")\n{DROP}',
    ),
}
every_body = pytest.mark.parametrize("body", BODIES)
each_transaction = pytest.mark.parametrize("per_migration", [True, False])


@pytest.fixture
def shop(db, project):
    """Create the tables, and let stock operations stand before a directive."""
    db.execute(USERS)
    db.execute(ORDERS)
    project.settings(guard="off")


@pytest.mark.drivers_by_turns
@pytest.mark.compat
@each_transaction
@every_body
def test_revision_goes_up_and_down(db, project, driver, shop, body, per_migration):
    """Stock operations before and after, several directives, a block of the user's.

    Each body, and each kind of transaction, meets both drivers.
    """
    project.configure(transaction_per_migration=per_migration)
    project.revision("r1", *BODIES[body])
    before = db.catalog()

    project.upgrade()
    after = db.catalog()
    assert after != before
    assert project.current == ["r1"]

    project.downgrade()
    assert db.catalog() == before
    assert project.current == []

    project.upgrade()
    assert db.catalog() == after


@pytest.mark.parametrize("flavor", ["psql", "plain"])
@every_body
def test_script_does_the_same(db, project, shop, body, flavor):
    """What ``--sql`` writes for the same revision ends in the same catalog."""
    project.revision("r1", *BODIES[body])
    project.upgrade()
    online = db.catalog()
    project.downgrade()
    db.execute("DROP TABLE alembic_version")

    project.psql(project.sql("base:head", flavor=flavor)).ok()
    assert db.catalog() == online

    project.psql(project.sql("head:base", flavor=flavor, down=True)).ok()
    project.upgrade()
    assert db.catalog() == online


@each_transaction
def test_several_revisions_in_one_run(db, project, driver, shop, per_migration):
    """Each is written down when it is done; stock ones may stand between."""
    project.configure(transaction_per_migration=per_migration)
    project.revision("r1", INDEX, DROP)
    project.revision(
        "r2",
        'op.add_column("users", sa.Column("age", sa.Integer))',
        'op.drop_column("users", "age")',
    )
    project.revision("r3", FOREIGN_KEY, 'op.drop_constraint_safely("fk", "orders")')
    project.revision("r4", "pass")
    before = db.catalog()

    project.upgrade()
    assert project.current == ["r4"]
    assert db.index("ix").is_valid

    project.downgrade()
    assert db.catalog() == before


@each_transaction
def test_failure_keeps_what_was_before_and_goes_on_later(
    db, project, driver, shop, per_migration
):
    """Revisions before the failed one stay; the next run starts at the failed one."""
    project.configure(transaction_per_migration=per_migration)
    project.revision("r1", INDEX)
    project.revision(
        "r2",
        'op.add_column("orders", sa.Column("note", sa.Text))\n'
        'op.add_not_null_two_phase("users", "mail")',
    )

    with pytest.raises(Exception, match='column "mail" of table "users" does not'):
        project.upgrade()
    assert db.index("ix").is_valid
    assert project.current == ["r1"]

    project.revision("r2", 'op.add_not_null_two_phase("users", "email")')
    project.upgrade()
    assert project.current == ["r2"]


def test_autocommit_engine(db, project, driver, shop):
    """``isolation_level="AUTOCOMMIT"`` in the ini: there is no transaction at all."""
    text = project.ini.read_text()
    url = "sqlalchemy.url = "
    level = "sqlalchemy.isolation_level = AUTOCOMMIT\n"
    project.write(project.ini, text.replace(url, level + url, 1))
    project.revision("r1", *BODIES["mixed"])

    project.upgrade()

    assert db.index("ix").is_valid
    assert project.current == ["r1"]


@pytest.mark.parametrize("level", ["SERIALIZABLE", "REPEATABLE READ"])
def test_engine_with_a_strict_isolation_level(db, project, driver, shop, level):
    """The level of the engine does not hold while a directive runs, and does after."""
    text = project.ini.read_text()
    url = "sqlalchemy.url = "
    line = f"sqlalchemy.isolation_level = {level}\n"
    project.write(project.ini, text.replace(url, line + url, 1))
    project.revision(
        "r1",
        f"{SEVERAL}\n"
        "level = op.get_bind().exec_driver_sql('SHOW transaction_isolation').scalar()\n"
        'op.create_table(level.replace(" ", "_"))',
    )

    project.upgrade()

    assert db.exists(level.lower().replace(" ", "_"))


def test_two_schemas_in_one_revision(db, project, driver, shop, new_schema):
    """Tables of the same name in two schemas; a foreign key from one to the other."""
    other = new_schema()
    db.execute(f"CREATE TABLE {other}.users (id int, email text, name text)")
    db.execute(f"CREATE TABLE {other}.orders (id int, user_id int, total int)")
    upgrade = "".join(
        f"""
op.create_index_concurrently("ix", "users", ["email"], schema={schema!r})
op.add_not_null_two_phase("users", "email", schema={schema!r})
op.create_foreign_key_two_phase(
    "fk", "orders", "users", ["user_id"], ["id"],
    source_schema={schema!r}, referent_schema={db.schema!r},
)"""
        for schema in (db.schema, other)
    )
    project.revision("r1", upgrade)

    project.upgrade()

    for schema in (db.schema, other):
        assert db.index("ix", schema).is_valid
        assert db.is_true(
            "SELECT convalidated FROM pg_constraint WHERE conname = 'fk'"
            " AND connamespace = %s::regnamespace",
            schema,
        )


def test_schema_translate_map_is_refused(db, project, shop, new_schema):
    """SQL that we write ourselves would not be translated: better say so."""
    project.edit_env(
        "with connectable.connect() as connection:",
        "with connectable.connect().execution_options("
        f'schema_translate_map={{None: "{new_schema()}"}}) as connection:',
    )
    project.revision("r1", INDEX)
    before = db.catalog()

    with pytest.raises(UsageError) as caught:
        project.upgrade()

    assert without_revision(str(caught.value)) == (
        "the connection has a schema_translate_map, which the directives of "
        "alembic_zdt do not follow\n"
        "detail: They send SQL with the names that the calls pass, so they would "
        "change the tables of another schema.\n"
        "hint: Pass schema= to each directive, or set the search_path of the "
        "connection instead.\n"
        f"docs: {error_page('usage')}"
    )
    assert db.catalog() == before
