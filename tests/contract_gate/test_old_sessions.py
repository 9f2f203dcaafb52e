"""A contract waits for sessions that began before its expand was applied."""

from __future__ import annotations

import asyncio
import contextlib
import secrets

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251  # the caller's

from alembic_zdt import aio, api
from alembic_zdt.commands.upgrade import upgrade as upgrade_by_phase
from alembic_zdt.errors import GateClosedError
from tests.support.db import Db
from tests.support.pgbouncer import pooled
from tests.support.project import Project
from tests.support.roles import role, run_as, session_of
from tests.support.workflows import renaming, renaming_value, retyping

TABLE = "CREATE TABLE users (id int PRIMARY KEY, email text)"
ENUM = "CREATE TYPE state AS ENUM ('new', 'paid')"
STATES = f"{ENUM}; CREATE TABLE users (id int PRIMARY KEY, email state NOT NULL)"
OF_ENUM = 'existing_type=sa.Enum("new", "paid", name="state")'
HARMLESS = "zdt.ignore_applications=zdt-test"

AGE = 'sa.Column("age", sa.Integer(), server_default="1")'
BACK = 'op.expand_rename_column("users", "mail", "email")'
ABORT = 'op.contract_rename_column("users", "mail", "email")'
RENAME = renaming("users", "email", "mail").splitlines()
WORKFLOWS: dict[str, tuple[str, list[str]]] = {
    "rename": (TABLE, RENAME),
    "rename by view": (
        TABLE,
        renaming("users", "email", "mail", 'strategy="view"').splitlines(),
    ),
    "rename table": (
        TABLE,
        [
            'op.expand_rename_table("users", "people")',
            'op.contract_rename_table("users", "people")',
        ],
    ),
    "type": (
        TABLE,
        retyping(
            "users", "email", "sa.String(80)", "existing_type=sa.Text()"
        ).splitlines(),
    ),
    "enum value": (
        STATES,
        renaming_value(
            "users",
            "email",
            "paid",
            "done",
            f'{OF_ENUM}, new_column_name="status", new_enum_name="status"',
        ).splitlines(),
    ),
    "drop column": (
        "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)",
        [
            'op.expand_drop_column("users", "email")',
            'op.contract_drop_column("users", "email")',
        ],
    ),
    "drop table": (
        TABLE,
        [
            'op.create_index_concurrently("ix", "users", ["email"])',
            'op.contract_drop_table("users")',
        ],
    ),
    "remove value": (
        STATES,
        [
            'op.backfill("users", {"email": "\'new\'"}, where="email = \'paid\'")',
            f'op.remove_enum_value("users", "email", "paid", {OF_ENUM})',
        ],
    ),
    "not null": (
        TABLE,
        [
            'op.expand_add_column("users", sa.Column("age", sa.Integer()))',
            'op.backfill("users", {"age": "1"}, where="age IS NULL")',
            'op.add_not_null_two_phase("users", "age")  # no alter_column_safely()',
        ],
    ),
    "default": (
        TABLE,
        [
            f'op.expand_add_column("users", {AGE})',
            'op.alter_column_safely("users", "age", server_default=None)',
        ],
    ),
    "sql": (
        TABLE,
        [
            'op.expand_drop_column("users", "email")',
            'op.execute("ALTER TABLE users DROP email")',
        ],
    ),
}
CONTRACT = {"zdt_phase": "contract"}
CHANGE = {"zdt_change": "one"}


@pytest.fixture(autouse=True)
def gate_is_on(monkeypatch):
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")


def write(project, calls, name="r", variables=None):
    for number, call in enumerate(calls, start=1):
        last = number == len(calls)
        project.revision(f"{name}{number}", call, variables=variables if last else None)
    return f"{name}{len(calls) - 1}", f"{name}{len(calls)}"


def refused(project, target="head", **kw):
    with pytest.raises(GateClosedError) as found:
        project.upgrade(target, **kw)
    return found.value


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_each_contract_is_refused_while_old_sessions_are_connected(
    db, project, driver, workflow
):
    """By a second run, too; both are tried with some."""
    setup, calls = WORKFLOWS[workflow]
    db.execute(setup)
    db.execute("INSERT INTO users VALUES (1, 'new')")
    is_sql = workflow == "sql"
    before, last = write(project, calls, variables=CONTRACT if is_sql else None)

    is_whole = workflow in {"rename", "drop table"}
    for _try in range(2 if is_whole else 1):
        error = refused(project)
        assert db.pid in error.pids
        assert project.current == [before]

    if is_whole:
        project.upgrade(x=(HARMLESS,))
        assert project.current == [last]


@pytest.fixture
def renamed(db, project):
    """Expand and migrate of a rename, and a contract that is pending."""
    db.execute(TABLE)
    db.execute("INSERT INTO users VALUES (1, 'a')")
    write(project, RENAME)
    project.upgrade("r2")
    return project


def test_the_message_says_who_is_connected_and_what_helps(db, renamed):
    error = refused(renamed)

    assert error.primary == ('revision "r3" must wait: old sessions are connected (1)')
    assert 'Revision "r2", which prepared it, was run at 20' in error.detail
    began = db.value(
        "SELECT to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
        " FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    )
    user = db.value("SELECT session_user")
    session = (
        f'Connected since before: pid {db.pid} ("zdt-test", role "{user}", '
        f"from 127.0.0.1, since {began} UTC, idle). A connection pooler keeps"
    )
    assert session in error.detail
    assert "alembic -x zdt.old_sessions=wait=10min upgrade head" in error.hint


def test_sessions_that_began_later_do_not_count(db, renamed):
    """Nor do sessions of this very process."""
    own = sa.create_engine(db.url())
    with db.session() as new, own.connect():
        assert refused(renamed).pids == [db.pid]
        new.execute("SET application_name = 'new'")
        renamed.upgrade(x=(HARMLESS,))
    own.dispose()
    assert renamed.current == ["r3"]


def test_a_declared_not_null_waits_for_the_expand_of_its_column(db, project):
    """Not for that of another column, which was applied later."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    for name in ("age", "size"):
        added = f'op.expand_add_column("users", sa.Column("{name}", sa.Integer()))'
        project.revision(name, added)
    not_null = 'op.alter_column("users", "age", nullable=False)'
    project.revision(
        "r3", f'op.execute("UPDATE users SET age = 1")\n{not_null}', variables=CONTRACT
    )
    project.upgrade("age")
    with db.session() as new:
        new.execute("SET application_name = 'new'")
        project.upgrade("size")
        project.upgrade(x=(HARMLESS,))

    assert project.current == ["r3"]


@contextlib.contextmanager
def reader(db, kind, grant):
    """Yield a session of a role that has only what is granted."""
    with role(db, kind) as name:
        db.execute(grant.format(name))
        with session_of(db, name) as session:
            yield session


def test_sessions_without_a_right_on_the_table_do_not_count(db, project):
    """A column is enough, or a view, or another role that one may become."""
    db.execute(f"{TABLE}; CREATE VIEW addresses AS SELECT email FROM users")
    db.execute("INSERT INTO users VALUES (1, 'a')")
    write(project, RENAME)
    with (
        reader(db, "none", "ALTER ROLE {} SET statement_timeout = 0"),
        reader(db, "column", "GRANT SELECT (email) ON users TO {}") as column,
        reader(db, "view", "GRANT SELECT ON addresses TO {}") as view,
        reader(db, "group", "GRANT INSERT ON users TO {}") as group,
        reader(db, "member", f"GRANT {db.schema}_group TO {{}}") as member,
        psycopg.connect(
            db.server.dsn(db.database), autocommit=True, replication="database"
        ) as walsender,
    ):
        db.execute(f"ALTER ROLE {db.schema}_member NOINHERIT")
        project.upgrade("r2")

        found = refused(project).pids

        who = (db, column, view, group, member)
        assert set(found) == {session.pid for session in who}
        assert walsender.info.backend_pid not in found
        roles = f"{db.schema}_*, {db.value('SELECT session_user')}"
        project.upgrade(x=(f"zdt.ignore_roles={roles}",))


def test_sessions_whose_start_is_hidden_count(db, project):
    """The role that migrates may not see when sessions of other roles began."""
    with role(db, "owner") as owner, role(db, "app") as app:
        db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
        db.execute(f"ALTER TABLE users OWNER TO {owner}; GRANT ALL ON users TO {app}")
        run_as(project, owner)
        write(project, RENAME)
        project.upgrade("r2", x=(HARMLESS,))
        with session_of(db, app) as session:
            error = refused(project)
            assert session.pid in error.pids
            assert "since a time that is hidden from this role" in error.detail
            assert "Only members of pg_read_all_stats see when" in error.detail
            db.execute(f"GRANT pg_read_all_stats TO {owner}")
            assert refused(project).pids == [db.pid]


def test_a_run_waits_for_their_end(db, renamed):
    with db.session() as old:
        old.execute("SET application_name = 'old'")
        renamed.run("stamp", "r1")
        renamed.upgrade("r2")
        running = renamed.start(
            "upgrade", "head", x=(HARMLESS, "zdt.old_sessions=wait=1min")
        )
        db.wait_until(
            "EXISTS (SELECT FROM pg_stat_activity WHERE state = 'idle'"
            " AND datname = current_database()"
            " AND query LIKE '%%connected AS MATERIALIZED%%' AND xact_start IS NULL)"
        )
        assert running.is_running
        assert renamed.current == ["r2"]

    running.wait().ok()
    assert renamed.current == ["r3"]


def test_the_end_of_patience(renamed):
    error = refused(renamed, x=("zdt.old_sessions=wait=50ms",))

    assert "Waited 0.05 s. Connected since before: pid" in error.detail
    assert renamed.current == ["r2"]


def test_the_command_decides(renamed):
    with pytest.raises(GateClosedError):
        upgrade_by_phase(renamed.config(), "heads", phase="contract")
    assert renamed.current == ["r2"]

    arguments = ("upgrade", "--old-sessions", "ignore")
    renamed.cli(*arguments, module="alembic_zdt").ok()

    assert renamed.current == ["r3"]


def test_what_is_new_or_empty_is_not_gated(db, project):
    """Nor is a database that is built from its first revision."""
    db.execute(TABLE)
    write(project, RENAME)
    project.revision("n1", 'op.create_table("new", sa.Column("a", sa.Text()))')
    project.revision("n2", "op.execute(\"INSERT INTO new VALUES ('a')\")")
    write(project, renaming("new", "a", "b").splitlines(), "m")
    project.revision("d1", 'op.contract_drop_column("new", "b")')
    project.revision("d2", 'op.execute("SELECT 1")', variables=CONTRACT)

    project.upgrade()

    assert project.current == ["d2"]


@pytest.fixture
def empty_database(admin, cluster):
    """A database to which nobody is connected."""
    name = f"zdt_alone_{secrets.token_hex(4)}"
    admin.execute(f"CREATE DATABASE {name}")
    yield Db(cluster, name, "public")
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_half_done_contract_asks_again(db, project):
    """The command that has begun it ends it, and a stricter one does not."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a'); CREATE TABLE flag ()")
    fails = 'op.execute("SELECT 1 / count(*) FROM flag")'
    last = f'op.contract_drop_column("users", "email")\n{fails}'
    write(project, ['op.expand_drop_column("users", "email")', last])
    ignoring = ("zdt.old_sessions=ignore",)
    with pytest.raises(sa.exc.DataError):
        project.upgrade(x=ignoring)
    assert db.columns("users") == ["id"]
    db.execute("INSERT INTO flag DEFAULT VALUES")

    assert refused(project).pids == [db.pid]
    project.upgrade(x=ignoring)

    assert project.current == ["r2"]


def test_where_nobody_else_is_connected_nothing_waits(empty_database, tmp_path):
    """Also where one revision holds all."""
    empty_database.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project = Project(tmp_path, empty_database)
    project.revision("r1", "\n".join(RENAME))
    error = refused(project)
    assert "The revision also contains the expand" in error.detail
    assert "a revision of its own" in error.hint
    assert not empty_database.exists("alembic_zdt_revision")
    empty_database.close()

    project.upgrade()

    again = Db(empty_database.server, empty_database.database, "public")
    found = again.value("SELECT mail FROM users")
    again.close()
    assert found == "a"


@pytest.mark.parametrize("how", ["run", "environment"])
def test_it_can_be_allowed(renamed, how, monkeypatch):
    if how == "environment":
        monkeypatch.setenv("ZDT_ALLOW_SAME_RUN", "1")

    renamed.upgrade(x=["zdt.allow_same_run=true"] if how == "run" else ())

    assert renamed.current == ["r3"]


def test_calls_in_another_module_are_gated(db, project):
    """They are seen when they are made."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project.write(
        "elsewhere.py",
        "from alembic_zdt import op\n"
        "def drop():\n    op.contract_drop_column('users', 'email')\n",
    )
    project.revision("r1", 'op.expand_drop_column("users", "email")')
    project.revision("r2", "import runpy\nrunpy.run_path(PATH)['drop']()")
    path = project.scripts()[-1]
    module = str(project.folder / "elsewhere.py")
    project.write(path, path.read_text().replace("PATH", repr(module)))

    assert refused(project).revision == "r2"
    project.upgrade(x=(HARMLESS,))
    assert "email" not in db.columns("users")


def test_calls_in_another_module_are_gated_beside_a_call_that_may_run(db, project):
    """The gate was asked for the table of that call alone."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    db.execute("CREATE TABLE few (id int, email text)")
    project.revision("r1", 'op.expand_drop_column("users", "email")')
    hidden = 'getattr(op, "contract_" + "drop_column")("users", "email")'
    project.revision("r2", f'op.contract_drop_column("few", "email")\n{hidden}')

    assert refused(project).revision == "r2"
    assert "email" in db.columns("users")


@pytest.mark.parametrize(
    ("body", "is_gated"),
    [
        ("(lambda: print())()", True),
        ("pass", False),
    ],
)
def test_a_contract_that_may_call_something_is_gated(
    db, project, caplog, body, is_gated
):
    """Also where only a function inside of the upgrade calls it."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project.revision("r1", body, variables={"zdt_phase": "contract"})

    project.upgrade()

    assert ('old code is running, which revision "r1" would' in caplog.text) is is_gated


def test_a_new_column_with_a_default_may_become_not_null(db, project):
    """Code that leaves it out goes on."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project.revision("r1", f'op.expand_add_column("users", {AGE})')
    project.revision("r2", 'op.add_not_null_two_phase("users", "age")')
    project.revision("r3", 'op.add_not_null_two_phase("users", "email")')

    project.upgrade()

    assert project.current == ["r3"]


def test_what_the_log_does_not_know_is_let_pass_with_a_warning(db, renamed, caplog):
    db.execute("DROP TABLE alembic_zdt_revision")

    renamed.upgrade()

    assert (
        'cannot tell whether old code is running, which revision "r3" would break'
        in caplog.text
    )
    assert f"pid {db.pid}" in caplog.text


def test_an_expand_that_a_script_applied_is_not_in_the_log(db, project, caplog):
    """What was applied before says nothing of it."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project.revision("r0", f'op.expand_add_column("users", {AGE})')
    write(project, RENAME)
    project.upgrade("r0")
    project.psql(project.sql("r0:r2")).ok()
    with db.session() as later:
        later.execute("SET application_name = 'later'")
        assert refused(project).pids == [db.pid]

        project.upgrade(x=(HARMLESS,))

        assert (
            "does not know when the expand of that revision was applied" in caplog.text
        )
        assert f"Connected: pid {later.pid}" in caplog.text


def test_revisions_of_one_change_are_marked(db, project):
    """Which counts more than what stands between them."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project.revision("a", "pass", variables={"zdt_phase": "expand", **CHANGE})
    project.revision("b", "pass", variables={"zdt_phase": "expand"})
    project.revision(
        "c", 'op.contract_drop_table("users")', variables={**CONTRACT, **CHANGE}
    )
    project.upgrade("a")
    with db.session() as later:
        later.execute("SET application_name = 'later'")
        project.upgrade("b")

        assert refused(project).pids == [db.pid]

        path = project.scripts()[0]
        project.write(path, path.read_text().replace("'one'", "'another'"))
        assert set(refused(project).pids) == {db.pid, later.pid}


def test_only_revisions_below_count(db, project):
    """Those of another head do not, those that are depended on do."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project.revision("a", 'op.expand_drop_column("users", "email")')
    project.revision("b", 'op.contract_drop_table("users")', down_revision=None)
    project.upgrade("a")
    project.revision("b", 'op.contract_drop_table("users")', depends_on="a")

    assert refused(project, "heads").revision == "b"

    path = next(path for path in project.scripts() if path.name == "b_.py")
    project.write(
        path, path.read_text().replace("depends_on = 'a'", "depends_on = None")
    )
    project.upgrade("heads")
    assert project.current == ["a", "b"]


@pytest.mark.drivers_by_turns
def test_odd_names_and_places(db, project, driver, new_schema):
    schema, other = f'{db.schema}"odd', new_schema()
    db.execute(f'CREATE SCHEMA "{schema.replace(chr(34), chr(34) * 2)}"')
    quoted = f'"{schema.replace(chr(34), chr(34) * 2)}"'
    db.execute(f'CREATE TABLE {quoted}."a b" (id int PRIMARY KEY, "c\'d" text)')
    db.execute(f"INSERT INTO {quoted}.\"a b\" VALUES (1, 'a')")
    project.configure(version_table_schema=other)
    project.settings(backfill_schema=db.schema)
    options = f"schema={schema!r}"
    write(project, renaming("a b", "c'd", "e", options).splitlines())

    for _try in range(2):
        assert refused(project).revision == "r3"
    project.upgrade(x=(HARMLESS,))
    db.execute(f"DROP SCHEMA {quoted} CASCADE")


def test_sessions_of_a_pooler_count_when_their_programs_are_gone(db, project):
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    write(project, RENAME)
    with pooled(db, "session") as url:
        with psycopg.connect(
            url.replace("+psycopg", ""), application_name="pooled"
        ) as old:
            old.execute("SELECT FROM users")
        project.upgrade("r2")

        error = refused(project)

        assert len(error.pids) == 2
        assert "A connection pooler keeps its sessions" in error.detail


def test_a_plain_upgrade_may_end_before_the_contract(db, renamed, capsys):
    """Not the command that runs contracts; and nothing that new code needs is left."""
    renamed.revision("r4", "pass", variables=CONTRACT)
    renamed.settings(stock_upgrade="before-contract")

    renamed.upgrade()

    said = capsys.readouterr().err
    assert "old sessions are connected (1); this run leaves it out" in said
    assert "run: alembic-zdt upgrade" in said
    assert 'left out revision "r4": it depends on "r3"' in said
    assert renamed.current == ["r2"]
    assert renamed.cli("upgrade", module="alembic_zdt").rc != 0

    renamed.revision("r5", 'op.add_column("users", sa.Column("new", sa.Text()))')
    error = refused(renamed)
    assert error.primary == ('revision "r5" comes after contract "r3", which must wait')
    renamed.upgrade(x=(HARMLESS,))
    assert renamed.current == ["r5"]


def test_the_way_back_waits_for_new_code(db, project):
    """The downgrade of an expand is the contract of the way back."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project.revision("r1", RENAME[0], ABORT)
    project.revision("r2", RENAME[1])
    project.revision(
        "r3",
        RENAME[2],
        'op.expand_rename_column("users", "mail", "email")\n'
        'op.migrate_rename_column("users", "mail", "email")',
    )
    project.upgrade(x=(HARMLESS,))

    for _try in range(2):
        with pytest.raises(GateClosedError) as found:
            project.downgrade()
        assert found.value.primary == (
            'downgrade of revision "r1" must wait: sessions of new code are connected '
            "(1)"
        )
        assert 'Its contract "r3" was downgraded at 20' in found.value.detail
        assert project.current == ["r1"]
    arguments = ("downgrade", "base", "--old-sessions", "ignore")
    project.cli(*arguments, module="alembic_zdt").ok()
    assert db.columns("users") == ["id", "email"]


def test_an_expand_without_its_contract_goes_back_at_once(db, project):
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project.revision("r1", RENAME[0], ABORT)
    project.upgrade()

    project.downgrade()

    assert db.columns("users") == ["id", "email"]


def test_the_way_back_does_not_wait_for_the_contract_of_another_change(db, project):
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project.revision("r1", RENAME[0], ABORT, variables=CHANGE)
    project.revision("r2", variables={**CONTRACT, "zdt_change": "two"})
    project.upgrade(x=(HARMLESS,))
    project.downgrade("r1")

    project.downgrade()

    assert db.columns("users") == ["id", "email"]


def test_an_application_that_migrates_itself(db, project):
    """Its own sessions do not count; the setting lets it start meanwhile."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    write(project, RENAME)
    project.write(project.env, "from alembic_zdt import env\nenv.run()\n")

    async def start(config):
        engine = create_async_engine(db.url("asyncpg"))
        try:
            async with engine.connect():
                await aio.upgrade(engine, config=config)
        finally:
            await engine.dispose()

    with pytest.raises(GateClosedError) as refused:
        asyncio.run(start(project.config()))
    assert refused.value.pids == [db.pid]
    project.settings(stock_upgrade="before-contract")
    asyncio.run(start(project.config()))
    assert project.current == ["r2"]
    asyncio.run(start(project.config(x=(HARMLESS,))))
    assert project.current == ["r3"]


@pytest.mark.parametrize("kind", ["api", "aio"])
def test_a_program_decides(db, project, kind):
    """For both directions; what it says counts for this call alone."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project.revision("r1", RENAME[0], ABORT)
    project.revision("r2", RENAME[1])
    project.revision("r3", RENAME[2], f"{BACK}\n{BACK.replace('expand', 'migrate')}")
    project.write(project.env, "from alembic_zdt import env\nenv.run()\n")
    config = project.config()

    async def within_a_loop(name, *arguments, **options):
        engine = create_async_engine(db.url("asyncpg"))
        try:
            call = getattr(aio, name)
            await call(engine, *arguments, config=config, **options)
        finally:
            await engine.dispose()

    def run(name, *arguments, **options):
        if kind == "aio":
            return asyncio.run(within_a_loop(name, *arguments, **options))
        engine = sa.create_engine(db.url(), poolclass=sa.NullPool)
        return getattr(api, name)(engine, *arguments, config=config, **options)

    project.settings(stock_upgrade="before-contract")
    with pytest.raises(GateClosedError, match=r"Waited 0\.05 s"):
        run("upgrade", old_sessions="wait=50ms")
    run("upgrade", old_sessions="ignore")
    assert project.current == ["r3"]
    with pytest.raises(GateClosedError, match="must wait"):
        run("downgrade", "base")
    run("downgrade", "base", old_sessions="ignore")
    assert project.current == []


def test_a_script_with_both_ends_waits(db, project):
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    write(project, RENAME)

    answer = project.psql(project.sql())
    assert answer.rc != 0
    assert "its expand is in the same script" in answer.stderr
    assert project.current == ["r2"]

    project.psql(project.sql("r2:r3")).ok()
    assert project.current == ["r3"]


def test_a_script_with_a_new_column_that_becomes_not_null_waits(db, project):
    """Old code leaves it out, and it has no default."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    write(project, WORKFLOWS["not null"][1])

    answer = project.psql(project.sql())

    assert answer.rc != 0
    assert "its expand is in the same script" in answer.stderr
    assert project.current == ["r2"]


@pytest.mark.parametrize(
    "allowed", [HARMLESS, "zdt.old_sessions=ignore", "zdt.allow_same_run=true"]
)
def test_a_script_may_be_allowed(db, project, allowed):
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    write(project, RENAME)

    project.psql(project.sql(x=[allowed])).ok()

    assert project.current == ["r3"]


@pytest.mark.parametrize("options", ["", ' isolation_level="AUTOCOMMIT",'])
def test_table_that_is_locked_counts_as_used(db, project, options):
    """Nobody waits for the lock, whatever transaction the connection is in."""
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project.edit_env("poolclass=pool.NullPool,", f"poolclass=pool.NullPool,{options}")
    expand, contract = write(project, WORKFLOWS["drop column"][1])
    project.upgrade(expand)

    with db.holding("LOCK TABLE users"):
        refused(project, contract)
