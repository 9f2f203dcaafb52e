"""What a check finds is stopped before it is sent, on tables that are not small."""

from __future__ import annotations

import logging

import pytest
import sqlalchemy as sa

from alembic_zdt.checks.sql import parsing
from alembic_zdt.errors import (
    IrreversibleOperationError,
    SettingError,
    UnsafeOperationError,
    UsageError,
)

INDEX = 'op.create_index("ix", "users", ["email"])'
CONCURRENTLY = INDEX.replace("create_index", "create_index_concurrently")
DROP = 'op.drop_column("users", "email")'


def test_error_names_lock_size_and_the_call_to_write(db, big, stopped, project):
    error = stopped(INDEX)

    path = project.versions / "r1_.py"
    line = path.read_text().splitlines().index(f"    {INDEX}") + 1
    assert error.primary == (
        "unsafe (create-index): the index ix is built while writes of users wait"
    )
    assert error.detail.startswith("CREATE INDEX takes SHARE on the table")
    assert '"users" has about 30 rows, ' in error.detail
    assert error.hint == (
        "Write op.create_index_concurrently('ix', 'users', ['email']) instead. "
        "If the call is safe here, put it into a block that gives the reason: "
        'with op.safety_assured("..."). If this revision is applied everywhere else, '
        "exempt it and all revisions before it: start_after = r1. "
        f"The call is in r1_.py:{line}."
    )
    assert (error.check, error.table, error.rows) == ("create-index", "users", 30)
    assert (error.file, error.line) == (str(path), line)
    assert db.indexes("users") == ["users_pkey"]
    assert not db.exists("alembic_version") or project.current == []


WAYS = {
    "operation": INDEX,
    "batch": (
        'with op.batch_alter_table("users") as batch:\n'
        '    batch.create_index("ix", ["email"])'
    ),
    "execute": 'op.execute("CREATE INDEX ix ON users (email)")',
    "text": 'op.execute(sa.text("CREATE INDEX ix ON users (email)"))',
    "bind": 'op.get_bind().execute(sa.text("CREATE INDEX ix ON users (email)"))',
    "driver": 'op.get_bind().exec_driver_sql("CREATE INDEX ix ON users (email)")',
    "block": 'op.execute("DO $$ BEGIN CREATE INDEX ix ON users (email); END $$")',
    "construct": (
        'users = sa.Table("users", sa.MetaData(), sa.Column("email", sa.Text()))\n'
        'op.execute(sa.schema.CreateIndex(sa.Index("ix", users.c.email)))'
    ),
    "session": (
        "from sqlalchemy.orm import Session\n"
        'Session(op.get_bind()).execute(sa.text("CREATE INDEX ix ON users (email)"))'
    ),
    "create_all": (
        "metadata = sa.MetaData()\n"
        'users = sa.Table("users", metadata, sa.Column("email", sa.Text()))\n'
        'sa.Index("ix", users.c.email).create(op.get_bind())'
    ),
    "invoke": (
        "from alembic.operations import ops\n"
        'op.invoke(ops.CreateIndexOp("ix", "users", ["email"]))'
    ),
}


@pytest.mark.drivers_by_turns
@pytest.mark.compat
@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_seen(db, big, stopped, way, driver):
    """Each driver runs half of them."""

    assert stopped(WAYS[way]).check == "create-index"
    assert db.indexes("users") == ["users_pkey"]


ENVS = {
    "op": "from alembic_zdt import op  # noqa: F401\n",
    "env": "from alembic_zdt import env\nenv.run()\n",
}


@pytest.mark.compat
@pytest.mark.parametrize("name", ENVS)
def test_line_of_env_py_that_is_enough_everywhere(db, big, project, monkeypatch, name):
    """Also before Alembic 1.18, which loads no plugins; in a process of its own."""
    for variable in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        monkeypatch.delenv(variable, raising=False)
    stock = project.env.read_text().replace("from alembic_zdt import op as _op\n", "")
    project.write(project.env, ENVS[name] + (stock if name == "op" else ""))
    project.revision("r1", INDEX, op="alembic")

    done = project.cli("upgrade", "head")

    assert "unsafe (create-index)" in done.output
    assert db.indexes("users") == ["users_pkey"]


def test_small_table_passes(db, project, big):
    project.settings(small_table_rows="30")
    project.revision("r1", INDEX)

    project.upgrade()

    assert db.indexes("users") == ["ix", "users_pkey"]


def test_table_that_was_never_analyzed_is_measured(db, project, stopped):
    project.settings(small_table_rows="10")
    db.execute("CREATE TABLE users (id int, email text)")
    fill = "INSERT INTO users SELECT n, 'e' FROM generate_series(1, 5000) n"
    db.execute(fill)

    assert stopped(INDEX).rows > 1000


def test_partitions_are_counted(db, project, stopped):
    project.settings(small_table_rows="10")
    db.execute("CREATE TABLE users (id int, email text) PARTITION BY LIST (id)")
    for number in (1, 2):
        db.execute(
            f"CREATE TABLE p{number} PARTITION OF users FOR VALUES IN ({number})"
        )
        fill = "INSERT INTO users SELECT %s, 'e' FROM generate_series(1, 8)"
        db.execute(fill, number)
    db.execute("ANALYZE users")

    assert stopped('op.create_unique_constraint("u", "users", ["id"])').rows == 16


def test_table_of_the_same_revision_passes(project, db):
    project.settings(small_table_rows="0")
    project.revision(
        "r1",
        'op.create_table("new", sa.Column("id", sa.Integer(), primary_key=True))\n'
        'op.execute("INSERT INTO new SELECT * FROM generate_series(1, 50)")\n'
        'op.create_index("ix", "new", ["id"])\n'
        'op.execute("CREATE INDEX iy ON new (id)")\n'
        'op.drop_column("new", "id")',
    )

    project.upgrade()

    assert db.indexes("new") == []


def test_tables_of_the_same_transaction_pass(project, db):
    """The stock template runs all revisions in one."""
    project.settings(small_table_rows="0")
    table = 'op.create_table("new", sa.Column("id", sa.Integer()))'
    project.revision("r1", f'{table}\nop.execute("INSERT INTO new VALUES (1)")')
    project.revision("r2", 'op.create_index("ix", "new", ["id"])')

    project.upgrade()

    assert db.indexes("new") == ["ix"]


def test_create_all_of_new_tables_passes(project, db, big):
    project.revision(
        "r1",
        "metadata = sa.MetaData()\n"
        'sa.Table("more", metadata, sa.Column("id", sa.Integer(), primary_key=True),\n'
        '    sa.Column("email", sa.Text(), index=True, unique=True))\n'
        "metadata.create_all(op.get_bind())",
    )

    project.upgrade()

    assert db.exists("more")


def test_our_directives_pass(project, db, big):
    project.revision(
        "r1",
        'op.create_index_concurrently("ix", "users", ["email"])\n'
        'op.create_check_constraint_two_phase("ck", "users", "age > 0")\n'
        'op.add_not_null_two_phase("users", "email")\n'
        'op.expand_add_column("users", sa.Column("n", sa.Integer(),'
        ' server_default="1", nullable=False))\n'
        'op.contract_drop_column("users", "age")',
    )

    project.upgrade()

    assert set(db.columns("users")) == {"email", "id", "n"}


def test_warning_is_logged_and_the_revision_goes_on(db, project, big, caplog):
    project.settings(small_table_rows="10", guard="warn")
    project.revision("r1", INDEX)

    with caplog.at_level(logging.WARNING, "alembic_zdt"):
        project.upgrade()

    assert db.indexes("users") == ["ix", "users_pkey"]
    (said,) = [r.message for r in caplog.records if "create-index" in r.message]
    assert said.startswith("the guard: r1_.py:")
    assert "Write op.create_index_concurrently('ix', 'users', ['email'])" in said


@pytest.mark.parametrize(
    "settings",
    [
        {"guard": "off"},
        {"check_modes": "create-index=off"},
        {"check_modes": "drop-column=error,\n create-index=warn"},
        {"table_modes": "users=off"},
        {"start_after": "r1"},
    ],
    ids=str,
)
def test_settings_let_it_pass(db, project, big, settings):
    project.settings(small_table_rows="10", **settings)
    project.revision("r1", INDEX)

    project.upgrade()

    assert db.indexes("users") == ["ix", "users_pkey"]


def test_what_comes_after_start_after_is_stopped(db, project, big):
    project.settings(small_table_rows="10", start_after="r1")
    project.revision("r1", INDEX)
    project.revision("r2", DROP)

    with pytest.raises(UnsafeOperationError) as caught:
        project.upgrade()

    assert caught.value.check == "drop-column"


def test_table_that_is_named_counts_whatever_its_size(db, project, big, stopped):
    project.settings(small_table_rows="1000", table_modes="users=error")

    assert stopped(INDEX).check == "create-index"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("check_modes", "crate-index=off", 'Did you mean "create-index"?'),
        ("check_modes", "create-index", "names with their modes"),
        ("table_modes", "users=loud", "names with their modes"),
        ("small_table_rows", "-1", "must not be less than zero"),
        ("start_after", "nowhere", "names no revision"),
        ("guard", "loud", 'one of "off", "warn", "error"'),
    ],
)
def test_wrong_setting_is_explained(project, big, name, value, said):
    project.settings(**{name: value})
    project.revision("r1", INDEX)

    with pytest.raises(SettingError, match=said) as caught:
        project.upgrade()

    assert caught.value.setting == name


def test_assured_body_passes_and_its_reason_is_kept(db, project, big, driver):
    project.revision(
        "r1",
        'with op.safety_assured("nobody reads it; it\'s \\\\ old"):\n'
        f"    {DROP}\n"
        f"{INDEX.replace('email', 'age').replace('create_index', ASSURED)}",
    )

    project.upgrade()

    assert set(db.columns("users")) == {"age", "id"}
    kept = db.value("SELECT assured FROM alembic_zdt_revision")
    assert kept == ["nobody reads it; it's \\ old"]


ASSURED = "create_index_concurrently"


def test_what_stands_behind_the_body_is_looked_at(big, stopped):
    body = 'with op.safety_assured("so it is"):\n    op.execute("SELECT 1")\n'

    assert stopped(body + INDEX).check == "create-index"


@pytest.mark.parametrize("reason", ['""', '"  "'])
@pytest.mark.parametrize("directive", ["safety_assured", "irreversible"])
def test_reason_is_needed(project, db, reason, directive):
    project.revision("r1", f"with op.{directive}({reason}): pass")

    with pytest.raises(UsageError, match="needs a reason"):
        project.upgrade()


def test_downgrade_that_cannot_be_says_why(project, db):
    project.revision(
        "r1", "pass", downgrade='op.irreversible("the old prices are gone")'
    )
    project.upgrade()

    with pytest.raises(IrreversibleOperationError) as caught:
        project.downgrade("base")

    assert caught.value.primary == 'revision "r1" cannot be downgraded'
    assert "the old prices are gone" in caught.value.detail
    assert project.current == ["r1"]


def downgrade_stopped(project, body, above="pass", **options):
    project.revision("r1", above, downgrade=body)
    project.upgrade()
    with pytest.raises(UnsafeOperationError) as caught:
        project.downgrade(**options)
    assert project.current == ["r1"]
    return caught.value


def test_downgrade_is_looked_at_too(project, db, big):
    """The hint says how to get back at once."""
    error = downgrade_stopped(project, INDEX)

    assert error.check == "create-index"
    path, at_once = "r1_.py", "alembic -x zdt.guard=off downgrade -1"
    line = (project.versions / path).read_text().splitlines().index(f"    {INDEX}") + 1
    assert error.hint.endswith(
        f"The call is in {path}:{line}. "
        f"To downgrade at once, without the guard: {at_once}."
    )
    project.cli("-x", "zdt.guard=off", "downgrade", "-1").ok()
    assert db.indexes("users") == ["ix", "users_pkey"]


def test_change_before_a_directive_is_only_logged_in_a_downgrade(project, db, caplog):
    """It stands behind it in the upgrade, as the check recommends."""
    db.execute("CREATE TABLE users (id int, email text)")
    add = 'op.add_column("users", sa.Column("fax", sa.Text()))'
    drops = 'op.drop_column("users", "fax")\nop.drop_index_concurrently("ix", "users")'
    project.revision("r1", f"{CONCURRENTLY}\n{add}", drops)
    project.upgrade()

    project.downgrade()

    assert db.columns("users") == ["id", "email"]
    assert "change-before-directive: drop_index_concurrently() commits" in caplog.text


BATCH = 'with op.batch_alter_table("users") as batch:\n'
ROWS = 'op.execute("INSERT INTO new SELECT generate_series(1, 50)")'
ADDS = {
    "add_column": ('op.add_column("users", sa.Column("fax", sa.Text()))', ""),
    "batch": (
        f'{BATCH}    batch.add_column(sa.Column("fax", sa.Text()))',
        f'{BATCH}    batch.drop_column("fax")',
    ),
    "directive": ('op.expand_add_column("users", sa.Column("fax", sa.Text()))', ""),
    "loop": (
        'for t in ["users"]:\n    op.add_column(t, sa.Column("fax", sa.Text()))',
        'for t in ["users"]:\n    op.drop_column(t, "fax")',
    ),
    "sql": (
        'op.execute("ALTER TABLE users ADD COLUMN fax text, ADD age2 int")',
        'op.execute("ALTER TABLE users DROP COLUMN age2, DROP COLUMN fax")',
    ),
    "table": (
        f'op.create_table("new", sa.Column("id", sa.Integer()))\n{ROWS}',
        'op.drop_table("new")',
    ),
    "create_all": (
        f"""\
metadata = sa.MetaData()
sa.Table("new", metadata, sa.Column("id", sa.Integer()))
metadata.create_all(op.get_bind())
{ROWS}""",
        'op.drop_table("new")',
    ),
}


@pytest.mark.parametrize("name", ADDS)
def test_downgrade_may_drop_what_its_upgrade_adds(project, db, big, name):
    """Old code does not know it, and which code a session runs nobody can tell."""
    above, below = ADDS[name]
    project.revision("r1", above, downgrade=below or 'op.drop_column("users", "fax")')
    project.upgrade()
    db.execute("ANALYZE")

    project.downgrade()

    assert db.columns("users") == ["id", "email", "age"]
    assert not db.exists("new")


@pytest.mark.parametrize(
    ("body", "check"),
    [
        (DROP, "drop-column"),
        ('op.drop_table("users")', "drop-table"),
        ('op.alter_column("users", "email", new_column_name="mail")', "rename-column"),
        ('op.execute("ALTER TABLE users RENAME fax TO phone")', "rename-column"),
    ],
)
def test_downgrade_may_not_take_away_what_was_there(project, few, body, check):
    """However few the rows: old code reads it, and so does new code."""
    add = 'op.add_column("users", sa.Column("fax", sa.Text()))'

    assert downgrade_stopped(project, body, add).check == check


def test_revision_can_be_mended_and_run_again(db, project, big, stopped):
    stopped(INDEX)
    path = project.versions / "r1_.py"
    text = path.read_text().replace("create_index(", "create_index_concurrently(")
    project.write(path, text)

    project.upgrade()

    assert project.current == ["r1"]
    assert db.indexes("users") == ["ix", "users_pkey"]


PROVEN = {
    "check": "ALTER TABLE users ADD CHECK (email IS NOT NULL)",
    "declared": "ALTER TABLE users ALTER email SET NOT NULL",
}


@pytest.mark.parametrize("proof", PROVEN)
def test_proof_of_the_database_counts(db, big, stops, proof):
    db.execute(PROVEN[proof])

    assert not stops('op.alter_column("users", "email", nullable=False)')


def test_unproven_not_null_is_stopped(db, big, stops):
    db.execute("ALTER TABLE users ADD CHECK (email IS NOT NULL) NOT VALID")

    assert stops('op.alter_column("users", "email", nullable=False)')


def test_savepoint_and_transaction_of_the_revision_stay_whole(db, project, big, driver):
    """Questions are asked in between, and leave nothing."""
    project.settings(small_table_rows="1000")
    project.revision(
        "r1",
        'op.execute("CREATE TABLE a (n int)")\n'
        "with op.get_bind().begin_nested():\n"
        f"    {INDEX}\n"
        'op.execute("INSERT INTO a VALUES (1)")\n'
        "with op.get_context().autocommit_block():\n"
        '    op.drop_index("ix", "users")\n'
        'op.alter_column("users", "age", type_=sa.BigInteger())',
    )

    project.upgrade()

    assert db.value("SELECT n FROM a") == 1
    assert db.value("SELECT count(*) FROM pg_class WHERE relname = 'zdt_probe'") == 0


def test_command_line_prints_one_failure(project, big):
    project.revision("r1", INDEX)

    done = project.cli("upgrade", "head")

    assert done.rc == 255
    assert "Traceback" not in done.output
    assert "FAILED: unsafe (create-index)" in done.output


def test_table_that_somebody_has_locked_counts_as_big(db, project, big):
    project.settings(small_table_rows="1000", lock_timeout="50ms")
    project.revision("r1", INDEX)

    with db.holding("LOCK TABLE users IN ACCESS EXCLUSIVE MODE"):
        with pytest.raises(UnsafeOperationError) as caught:
            project.upgrade()

    assert (caught.value.check, caught.value.rows) == ("create-index", None)


def test_table_that_is_not_there_is_the_servers_business(project, db):
    project.revision("r1", INDEX)

    with pytest.raises(sa.exc.DBAPIError, match="users"):
        project.upgrade()


def test_many_rows_that_change_at_once_are_stopped(db, project, stopped):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text, age int)")
    db.execute("INSERT INTO users SELECT n FROM generate_series(1, 20000) n")
    db.execute("ANALYZE users")

    error = stopped('op.execute("UPDATE users SET age = 1")')

    assert error.check == "change-rows"
    assert "about 20,000 rows" in error.primary
    assert db.value("SELECT count(age) FROM users") == 0


def test_loop_over_rows_is_not_looked_at_forever(db, project, big):
    """Nor told of each time."""
    project.revision(
        "r1",
        "for n in range(300):\n"
        '    op.execute(f"UPDATE users SET age = {n} WHERE id = {n}")',
    )
    asked = []

    def count(*arguments):
        asked.extend(arguments[2:3] * ("EXPLAIN" in arguments[2]))

    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    try:
        project.upgrade()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", count)

    assert 0 < len(asked) <= 20
    assert db.value("SELECT age FROM users WHERE id = 7") == 7


def test_without_the_parser_text_is_said_not_to_be_looked_at(
    db, project, big, caplog, monkeypatch
):
    monkeypatch.setattr(parsing, "_library", lambda: None)
    project.revision("r1", f"{WAYS['execute']}\nop.execute('SELECT 1')")

    with caplog.at_level(logging.WARNING, "alembic_zdt"):
        project.upgrade()

    (said,) = [record.message for record in caplog.records]
    assert said == (
        "the guard: SQL that is only text is not looked at: it needs the extra: "
        'pip install "alembic-zdt[parse]"'
    )


def test_without_the_parser_constructs_are_seen(big, stopped, monkeypatch):
    monkeypatch.setattr(parsing, "_library", lambda: None)

    assert stopped(WAYS["construct"]).check == "create-index"


@pytest.mark.parametrize(
    "body", ["op.execute(\"ALTER TYPE mood RENAME VALUE 'a' TO 'b'\")"]
)
def test_what_is_of_no_table_passes_on_a_new_database(db, project, body):
    db.execute("CREATE TYPE mood AS ENUM ('a'); CREATE TABLE m (mood mood)")
    project.revision("r1", body)

    project.upgrade()

    assert db.value("SELECT enum_range(NULL::mood)::text") == "{b}"


DOMAIN = 'op.execute("ALTER DOMAIN age ADD CHECK (VALUE > 0)")'


@pytest.mark.parametrize(
    ("check", "body"),
    [
        (
            "rename-enum-value",
            "op.execute(\"ALTER TYPE mood RENAME VALUE 'a' TO 'b'\")",
        ),
        ("alter-domain", DOMAIN),
    ],
)
def test_what_is_of_no_table_is_stopped_where_there_is_a_big_one(
    db, big, stopped, check, body
):
    db.execute("CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN age AS int")

    assert stopped(body).check == check


def test_what_is_of_no_table_passes_where_all_tables_are_small(db, few, project):
    db.execute("CREATE DOMAIN age AS int")
    project.revision("r1", DOMAIN)

    project.upgrade()


def test_commit_past_alembic_is_stopped(db, big, project, stopped, driver):
    body = 'op.execute("CREATE TABLE a (n int)")\nop.get_bind().commit()'

    assert stopped(body).check == "control-transaction"
    assert not db.exists("a")


def test_percent_signs_are_read_as_the_driver_reads_them(db, big, stops, driver):
    body = (
        "op.execute(\"UPDATE users SET email = 'a%' WHERE email LIKE '50%s' \")\n"
        'op.get_bind().execute(sa.text("UPDATE users SET age = :a WHERE id %% 2 = :b")'
        ', {"a": 1, "b": 5})'
    )

    assert not stops(body.replace("%% 2", "% 2"))


UNBOUNDED = {
    "column": ('op.add_column("users", sa.Column("n", sa.Integer()))', True),
    "sql": ('op.execute("ALTER TABLE users ADD n int")', True),
    "bounded": (
        """\
op.execute("SET LOCAL lock_timeout = '200ms'")
op.add_column("users", sa.Column("n", sa.Integer()))""",
        False,
    ),
    "ours": ('op.expand_add_column("users", sa.Column("n", sa.Integer()))', False),
    "rows": ('op.execute("UPDATE users SET age = 1 WHERE id = 1")', False),
    "new": ('op.create_table("n", sa.Column("n", sa.Integer()))', False),
}


@pytest.mark.parametrize("case", UNBOUNDED)
def test_lock_that_is_waited_for_without_a_bound_is_told(
    project, big, caplog, case, driver
):
    body, is_told = UNBOUNDED[case]
    project.revision("r1", body)

    with caplog.at_level(logging.WARNING, "alembic_zdt"):
        project.upgrade()

    said = [record.message for record in caplog.records]
    assert any("no-lock-timeout" in each for each in said) == is_told


def test_lock_timeout_of_the_database_is_known(db, project, big, caplog):
    name = db.value("SELECT current_database()")
    db.execute(f"ALTER DATABASE \"{name}\" SET lock_timeout = '1s'")
    try:
        project.revision("r1", UNBOUNDED["column"][0])
        with caplog.at_level(logging.WARNING, "alembic_zdt"):
            project.upgrade()
    finally:
        db.execute(f'ALTER DATABASE "{name}" RESET lock_timeout')

    assert [record.message for record in caplog.records] == []


BREAKING = {
    "name of a column": (
        "rename-column",
        'op.alter_column("users", "email", new_column_name="mail")',
    ),
    "name of a table": ("rename-table", 'op.rename_table("users", "people")'),
    "column": ("drop-column", DROP),
    "table": ("drop-table", 'op.drop_table("users")'),
    "batch": (
        "drop-column",
        'with op.batch_alter_table("users") as batch:\n    batch.drop_column("email")',
    ),
    "text": ("drop-column", 'op.execute("ALTER TABLE users DROP COLUMN email")'),
    "schema of a table": (
        "rename-table",
        'op.execute("ALTER TABLE users SET SCHEMA pg_catalog")',
    ),
    "view": ("rename-table", 'op.execute("ALTER VIEW people RENAME TO persons")'),
    "schema": ("drop-table", 'op.execute("DROP SCHEMA shop CASCADE")'),
    "name of a schema": (
        "rename-schema",
        'op.execute("ALTER SCHEMA shop RENAME TO r")',
    ),
    "enum value": (
        "rename-enum-value",
        "op.execute(\"ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'\")",
    ),
}


@pytest.fixture
def few(db):
    """Few rows, which code reads: the test is connected."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO users VALUES (1, 'a')")


@pytest.mark.parametrize(("check", "body"), BREAKING.values(), ids=BREAKING)
def test_what_breaks_running_code_is_stopped_whatever_the_rows(
    db, few, stopped, check, body
):
    """Its harm is no matter of size."""
    db.execute("CREATE VIEW people AS SELECT * FROM users")

    assert stopped(body).check == check
    assert db.columns("users") == ["id", "email"]


@pytest.mark.parametrize("setting", [{}, {"table_modes": "other=off"}], ids=str)
def test_what_does_not_break_code_passes_on_a_small_table(db, few, project, setting):
    project.settings(**setting)
    project.revision("r1", INDEX)

    project.upgrade()

    assert "ix" in db.indexes("users")


@pytest.mark.parametrize(
    "setting",
    [
        {"ignore_applications": "*"},
        {"ignore_roles": "*"},
        {"check_modes": "drop-column=off"},
    ],
    ids=str,
)
def test_without_other_programs_a_small_drop_passes(db, few, project, setting):
    """As in CI, where nobody else is connected."""
    project.settings(**setting)
    project.revision("r1", DROP)

    project.upgrade()

    assert db.columns("users") == ["id"]


def test_small_drop_passes_beside_a_statement_that_needs_the_guard(db, few, project):
    """A rename may give the name of a small table to a large one."""
    project.settings(ignore_applications="*")
    db.execute("CREATE TABLE other (id int)")
    project.revision("r1", f'op.execute("ALTER TABLE other RENAME TO old")\n{DROP}')

    project.upgrade()

    assert db.columns("users") == ["id"]


def test_run_with_nothing_to_do_reads_no_setting(db, project, big):
    project.revision("r1", 'op.create_index_concurrently("ix", "users", ["email"])')
    project.upgrade()
    project.settings(lock_timeout="soon")

    project.upgrade()

    assert project.current == ["r1"]


@pytest.mark.parametrize("how", ["", "partial", "lambda"])
def test_any_function_of_a_revision_is_checked(project, big, how):
    """One without code of its own, and one whose calls stand in another one in it."""
    body = f"(lambda: {INDEX})()" if how == "lambda" else INDEX
    path = project.revision("r1", body)
    if how == "partial":
        text = path.read_text()
        project.write(
            path, f"{text}\nimport functools\nupgrade = functools.partial(upgrade)\n"
        )

    with pytest.raises(UnsafeOperationError):
        project.upgrade()


def test_drop_from_an_empty_table_passes(db, few, project):
    db.execute("DELETE FROM users")
    project.revision("r1", DROP)

    project.upgrade()

    assert db.columns("users") == ["id"]


def test_drop_from_a_table_of_the_same_run_passes(db, project):
    """Made and filled by an earlier revision, in a transaction of its own."""
    project.configure(transaction_per_migration=True)
    table = 'op.execute("CREATE TABLE users AS SELECT 1 AS id, 2 AS email")'
    project.revision("r1", table)
    project.revision("r2", DROP)

    project.upgrade()

    assert db.columns("users") == ["id"]
