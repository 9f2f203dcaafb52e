"""Fixtures for every test: a real server, a schema of one's own, a project."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

pytest.register_assert_rewrite("tests.support")

from alembic_zdt.alembic_compat import hooks  # noqa: E402
from tests.support.choice import (  # noqa: E402
    DRIVERS,
    FULL,
    Claims,
    drivers_to_leave_out,
    names_to_leave_out,
    ways_to_leave_out,
)
from tests.support.chromium import browser as chromium_browser  # noqa: E402
from tests.support.db import Db  # noqa: E402
from tests.support.forking import IMPORTED, Forker  # noqa: E402
from tests.support.lasting import Lasting  # noqa: E402
from tests.support.names import Names, names_in  # noqa: E402
from tests.support.project import Project  # noqa: E402
from tests.support.roles import Creator, creator_of_databases  # noqa: E402
from tests.support.server import (  # noqa: E402
    as_worker_input,
    server_of,
    stop_server_of,
    version_fits,
)
from tests.support.strict_hooks import FORGIVES, forgive, make_strict  # noqa: E402
from tools.postgres import Server  # noqa: E402

make_strict()
# A shell starts what runs in its background with SIGINT ignored, and tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give every xdist worker the address of the one server."""
    node.workerinput["zdt_server"] = as_worker_input(server_of(node.config))


class NamesFailuresAtOnce:
    """Name a test when it fails: a run that is ended from outside has no summary."""

    def __init__(self, config: pytest.Config) -> None:
        self._reporter: Any = config.pluginmanager.get_plugin("terminalreporter")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._reporter.ensure_newline()
            self._reporter.line(f"FAILED {report.nodeid} ({report.when})")


def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    if os.environ.get("CI") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(NamesFailuresAtOnce(config))


def pytest_unconfigure(config: pytest.Config) -> None:
    stop_server_of(config)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    if FULL:
        return
    left_out = {
        *drivers_to_leave_out(items),
        *names_to_leave_out(items),
        *ways_to_leave_out(items),
    }
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("pg"):
        version = server_of(item.config).version
        if not version_fits(mark.args[0], version):
            pytest.skip(f"needs PostgreSQL {mark.args[0]}, this is {version}")


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Server:
    """The server: .dsn(database, driver), .version (18), .bin, .environment()."""
    return server_of(request.config)


@pytest.fixture(scope="session")
def admin(cluster: Server) -> Iterator[psycopg.Connection[Any]]:
    """An autocommit connection to the database postgres, which tests leave alone."""
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def creator(cluster: Server, admin: psycopg.Connection[Any]) -> Iterator[Creator]:
    """A role that may create databases, and the list of those that it has left."""
    with creator_of_databases(cluster.dsn("postgres", driver="psycopg"), admin) as made:
        yield made


@pytest.fixture(scope="session")
def database(admin: psycopg.Connection[Any], worker_id: str) -> Iterator[str]:
    """A database per worker: CONCURRENTLY waits for every snapshot in its own."""
    name = f"zdt_{worker_id}_{secrets.token_hex(3)}"
    admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield name
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def lasting(cluster: Server, database: str) -> Iterator[Lasting]:
    """The worker's own connection to its database."""
    found = Lasting(cluster, database)
    yield found
    found.close()


@pytest.fixture
def schema(lasting: Lasting, database: str) -> Iterator[str]:
    """A schema per test, the whole search_path of every new session in the database."""
    name = f"s_{secrets.token_hex(4)}"
    search_path = sql.SQL("ALTER DATABASE {} SET search_path = {}").format(
        sql.Identifier(database), sql.Identifier(name)
    )
    others = _schemas(lasting.connection)
    lasting.connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
    lasting.connection.execute(search_path)
    lasting.enter(name)
    yield name
    lasting.forget()
    _end_other_sessions(lasting.connection)
    for made in _schemas(lasting.connection) - others:
        lasting.connection.execute(
            sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(made))
        )


def _schemas(own: psycopg.Connection[Any]) -> set[str]:
    """Return the schemas, of whose tables the guard looks at each."""
    query = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'"
    return {name for (name,) in own.execute(query)}


def _end_other_sessions(own: psycopg.Connection[Any]) -> None:
    """Whatever a failed test left behind must not hold up the next one."""
    own.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    prepared = own.execute(
        "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()"
    )
    for (gid,) in prepared.fetchall():
        own.execute(sql.SQL("ROLLBACK PREPARED {}").format(sql.Literal(gid)))


@pytest.fixture
def db(cluster: Server, database: str, schema: str, lasting: Lasting) -> Db:
    """Plain SQL in the test's schema."""
    return Db(cluster, database, schema, lasting.connection)


@pytest.fixture(scope="session")
def claims(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Claims:
    """What one worker tests for the whole run, so that no other one does."""
    folder = tmp_path_factory.getbasetemp()
    return Claims((folder if worker_id == "master" else folder.parent) / "claims")


@pytest.fixture
def new_schema(db: Db) -> Iterator[Any]:
    """A function that makes one more empty schema and returns its name."""
    made: list[str] = []

    def make() -> str:
        name = f"{db.schema}_{len(made) + 2}"
        db.execute(f"CREATE SCHEMA {name}")
        made.append(name)
        return name

    yield make
    for name in made:
        db.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture(autouse=True)
def phases_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a contract run although the test's session is older than its expand."""
    monkeypatch.setenv("ZDT_ALLOW_SAME_RUN", "1")


@pytest.fixture(autouse=True)
def logger_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package log where fileConfig() of another test's env.py turned it off."""
    monkeypatch.setattr(logging.getLogger("alembic_zdt"), "disabled", False)


@pytest.fixture
def forgiving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Alembic go on without a hook of ours that fails, as it does for users."""
    monkeypatch.setattr(hooks, "_forgive", forgive)
    monkeypatch.setattr(hooks, "_broken", set())
    monkeypatch.setenv(FORGIVES, "1")


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    """Run the test on both drivers."""
    return str(request.param)


@pytest.fixture(scope="session")
def forkers() -> Iterator[dict[str, Forker]]:
    """Start ``python -m`` of either command line, each in a process of its own."""
    found = {module: Forker(module) for module in IMPORTED}
    yield found
    for forker in found.values():
        forker.close()


@pytest.fixture
def project(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    db: Db,
    forkers: dict[str, Forker],
) -> Iterator[Project]:
    """An Alembic project on psycopg, or on the test's ``driver``.

    What ``prepend_sys_path`` adds to the path of this process is taken away again.
    """
    path = sys.path[:]
    used = "driver" in request.fixturenames
    chosen = request.getfixturevalue("driver") if used else "psycopg"
    found = Project(tmp_path, db, chosen, forkers)
    yield found
    found.close()
    sys.path[:] = path


@pytest.fixture
def names(request: pytest.FixtureRequest, db: Db) -> Iterator[Names]:
    """Names for a table and its parts; ``every_name`` runs a test with all of them."""
    yield from names_in(db, getattr(request, "param", "plain"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Chromium without a window; the test is skipped on a machine that has none."""
    yield from chromium_browser()
