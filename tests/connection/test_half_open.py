"""The cable is pulled: neither side hears of it, and both notice by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251  # the caller's

from alembic_zdt import aio, api
from alembic_zdt.connection import keepalives
from alembic_zdt.errors import ConnectionLostError
from alembic_zdt.runner import side_connection
from tests.support.background import upgrading
from tests.support.door import backend_in_the_door, door_held
from tests.support.proxy import proxy_to

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has all of these options of a socket"
)


ENV = "from alembic_zdt import env\nenv.run()\n"
INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'
BUILDING = "CREATE INDEX CONCURRENTLY ix"


@pytest.fixture(autouse=True)
def users(db, monkeypatch):
    """A table, and no other URL than that of the project."""
    for name in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        monkeypatch.delenv(name, raising=False)
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")


@pytest.fixture
def hurried(monkeypatch):
    """Seconds instead of minutes."""
    for name in ("IDLE", "INTERVAL", "COUNT", "CHECK"):
        monkeypatch.setattr(keepalives, name, 1)
    monkeypatch.setattr(side_connection, "_LONGEST_GOODBYE", 0.1)


def test_both_sides_notice_that_the_cable_is_pulled(db, project, driver, hurried):
    """The server frees the locks, and the client says why it fails."""
    project.revision("r1", INDEX)
    if driver == "psycopg":
        project.write(project.env, ENV)
    url = make_url(db.url(driver))
    ini = project.ini.read_text()
    with proxy_to(url.host, url.port) as proxy:
        project.write(project.ini, ini.replace(f":{url.port}/", f":{proxy.port}/"))
        with upgrading(project) as upgrade, door_held(db, "users"):
            upgrade.begin()
            pid = backend_in_the_door(db, BUILDING, upgrade)
            proxy.pull()
            upgrade.wait()
            db.wait_until(
                "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)", pid
            )

    assert isinstance(upgrade.error, ConnectionLostError), upgrade.error
    assert "lost the connection to the server" in str(upgrade.error)
    project.write(project.ini, ini)
    project.upgrade()
    assert db.index("ix").is_valid


def test_no_new_connection_is_waited_for_when_the_cable_is_pulled(
    db, project, driver, hurried
):
    """Nobody answers it, and the error would not be shown before."""
    project.revision(
        "r1", 'op.create_check_constraint_two_phase("ck", "users", "id > 0")'
    )
    project.write(project.env, ENV)
    url = make_url(db.url(driver))
    ini = project.ini.read_text()
    with proxy_to(url.host, url.port) as proxy:
        project.write(project.ini, ini.replace(f":{url.port}/", f":{proxy.port}/"))

        def pull(_connection, _cursor, statement, *_):
            if statement.startswith("INSERT INTO alembic_version"):
                proxy.pull()

        event.listen(sa.Engine, "before_cursor_execute", pull)
        try:
            with upgrading(project) as upgrade:
                upgrade.begin()
        finally:
            event.remove(sa.Engine, "before_cursor_execute", pull)

    assert isinstance(upgrade.error, ConnectionLostError), upgrade.error


NAMES = [name for name, _ in keepalives.server_settings()]
ALL = ", ".join(f"current_setting('{name}')" for name in NAMES)
TWO_MINUTES = 120
DURING = [1, 60, 10, 6, 120_000]
OPTIONS = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE"),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE"),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL"),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT"),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT"),
)


def _seconds(row):
    """After how many a server with these settings ends the session of a lost client."""
    idle, interval, count, user_timeout, _ = row
    assert int(user_timeout) / 1000 == TWO_MINUTES
    return int(idle) + int(interval) * int(count)


def test_server_notices_after_two_minutes_in_all_that_env_runs(db, project, driver):
    """Stock operations, too."""
    project.write(project.env, ENV)
    aliased = ", ".join(f"current_setting('{name}') AS {name}" for name in NAMES)
    project.revision("r1", f"""op.execute("CREATE TABLE noted AS SELECT {aliased}")""")

    project.upgrade()

    noted = db.row("SELECT * FROM noted")
    assert _seconds(noted) == TWO_MINUTES
    assert noted[-1] == "10s"


def test_server_notices_after_two_minutes_in_a_directive(db, project, driver):
    """With the stock env.py: in the step, and until the version is committed."""
    db.execute("CREATE TABLE noted (value text[])")
    db.execute(
        "CREATE FUNCTION noting(int) RETURNS bool LANGUAGE plpgsql AS $$"
        f" BEGIN INSERT INTO noted VALUES (ARRAY[{ALL}]); RETURN true; END $$"
    )
    db.execute("INSERT INTO users VALUES (1, 'a')")
    call = 'op.create_check_constraint_two_phase("ck", "users", "noting(id)")'
    after = 'op.execute("SELECT noting(1)")'
    project.revision("r1", f"{call}\n{after}")

    project.upgrade()

    *_, validating, following = db.column("SELECT value FROM noted")
    assert _seconds(validating) == _seconds(following) == TWO_MINUTES
    assert validating[-1] == "10s"


def _options(connection):
    with keepalives.client_socket(connection) as found:
        return [
            found.getsockopt(level, getattr(socket, name)) for level, name in OPTIONS
        ]


@pytest.mark.parametrize("fails", [False, True], ids=["ends", "fails"])
def test_connection_of_a_program_is_its_own_again(db, project, driver, fails):
    """Server and client look again as they did before."""
    ending = 'raise RuntimeError("stop")' if fails else "pass"
    looking = "op.get_bind().info['looking']()"
    project.revision("r1", f"{INDEX}\n{looking}\n{ending}")
    project.write(project.env, ENV)
    config = str(project.ini)
    during, around = [], []

    def look(connection):
        found = connection.exec_driver_sql(f"SELECT {ALL}").one(), _options(connection)
        connection.commit()
        return found

    def use(connection):
        connection.info["looking"] = lambda: during.append(_options(connection))
        around.append(look(connection))

    async def migrate():
        engine = create_async_engine(db.url(driver), poolclass=sa.NullPool)
        async with engine.connect() as connection:
            await connection.run_sync(use)
            with _expected(fails):
                await aio.upgrade(connection, config=config)
            around.append(await connection.run_sync(look))
        await engine.dispose()

    if driver == "asyncpg":
        asyncio.run(migrate())
    else:
        with sa.create_engine(
            db.url(driver), poolclass=sa.NullPool
        ).connect() as connection:
            use(connection)
            with _expected(fails):
                api.upgrade(connection, config=config)
            around.append(look(connection))

    before, after = around
    assert before == after
    assert during[0] == DURING != before[1]
    assert db.index("ix").is_valid


def _expected(fails):
    return pytest.raises(RuntimeError) if fails else contextlib.nullcontext()
