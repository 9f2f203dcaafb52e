"""A blocker is ended only if the settings name it and its time is over."""

from __future__ import annotations

import re
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import create_engine

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import LockNotAvailableError, SettingError
from alembic_zdt.runner.blocker_acts import BlockerActs
from alembic_zdt.settings import Settings
from tests.support.roles import PASSWORD, role
from tests.support.waiting import wait_until

CALL = 'op.drop_not_null("users", "email")'
INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'
IDLE = "idle in transaction > 1ms: terminate"
ACTIVE = "active > 100ms: cancel"
READ = "SELECT count(*) FROM users"


@pytest.fixture
def users(db):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)")
    return db


@pytest.fixture
def app(users):
    """A role that is no superuser, and may read and write the table."""
    with role(users, "app") as name:
        users.execute(f"GRANT USAGE ON SCHEMA {users.schema} TO {name}")
        users.execute(f"GRANT SELECT, INSERT ON users TO {name}")
        yield name
        users.execute(f"REVOKE ALL ON users FROM {name}")
        users.execute(f"REVOKE ALL ON SCHEMA {users.schema} FROM {name}")


@contextmanager
def session(users, name, application="shop 1.0"):
    """A session of that role and application, in a transaction that has read."""
    info = psycopg.conninfo.conninfo_to_dict(users.server.dsn(users.database))
    login = {} if name is None else {"user": name, "password": PASSWORD}
    options = f"-c search_path={users.schema}"
    named = {"application_name": application, "options": options}
    with psycopg.connect(**{**info, **login, **named}) as found:
        found.execute("SET default_transaction_isolation = 'repeatable read'")
        found.commit()
        found.execute(READ)
        yield found
        if not found.closed:
            found.rollback()


def is_alive(found):
    try:
        found.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def rules(project, text, **who):
    project.settings(blockers=text, **who)


@pytest.mark.parametrize(
    ("call", "who"),
    [
        (CALL, {"blocker_applications": "cron, shop*"}),
        (INDEX, {"blocker_roles": "{app}", "blocker_applications": "*"}),
    ],
)
def test_an_idle_session_is_terminated(users, app, project, caplog, call, who):
    """It holds a lock, or a snapshot that a concurrent build would wait for."""
    chosen = {name: value.format(app=app) for name, value in who.items()}
    rules(project, f"active > 1h: cancel, {IDLE}", **chosen)
    project.revision("a1", call)

    with session(users, app) as found:
        pid = found.info.backend_pid
        project.upgrade()

        assert not is_alive(found)
    said = rf'terminated pid {pid} \(role "{app}", application "shop 1.0"\): '
    said += r"idle in transaction for \d+\.\d s, and it blocks"
    assert re.search(said, caplog.text)


def test_a_query_is_cancelled(users, app, project, caplog):
    rules(project, ACTIVE, blocker_roles=app)
    project.revision("a1", CALL)
    waiting = "SELECT pg_sleep(60) FROM (SELECT count(*) FROM users) u"
    with session(users, app) as found, users.session() as watching:
        found.rollback()
        pid = found.info.backend_pid
        cancelled = []
        thread = sleeping(found, waiting, cancelled)
        watching.wait_until(
            "(SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = %s)", pid
        )
        project.upgrade()
        thread.join(30)

        assert isinstance(cancelled[0], psycopg.errors.QueryCanceled)
        found.rollback()
        assert is_alive(found)
    assert f"cancelled pid {pid} " in caplog.text


def sleeping(found, statement, errors):
    """A thread that runs the statement, and keeps its error."""
    import threading

    def run():
        try:
            found.execute(statement)
        except psycopg.Error as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


LEFT_ALONE = {
    "another application": (IDLE, {"blocker_applications": "cron"}),
    "another role": (IDLE, {"blocker_roles": "x*", "blocker_applications": "*"}),
    "another state": (ACTIVE, {"blocker_applications": "shop*"}),
    "too young": (
        "idle in transaction > 1h: terminate",
        {"blocker_applications": "shop*"},
    ),
    "a superuser": (IDLE, {"blocker_roles": "*"}),
}


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_other_sessions_are_only_named(users, app, project, caplog, case):
    text, who = LEFT_ALONE[case]
    rules(project, text, **who, lock_deadline="500ms")
    project.revision("a1", CALL)

    with session(users, None if case == "a superuser" else app) as found:
        with pytest.raises(LockNotAvailableError, match="shop 1"):
            project.upgrade()

        assert is_alive(found)
    assert "terminated" not in caplog.text


def test_a_superuser_is_terminated_if_named(users, project):
    rules(project, IDLE, blocker_roles=users.server.user)
    project.revision("a1", CALL)

    with session(users, None) as found:
        project.upgrade()

        assert not is_alive(found)


def test_a_missing_right_is_said_once(users, app, caplog):
    """With the grant that helps, and the session lives."""
    with role(users, "migrator") as name, session(users, app) as found:
        users.execute(f"GRANT pg_read_all_stats TO {name}")
        settings = Settings.from_sources(
            ("the test", {"blockers": IDLE, "blocker_roles": app})
        )
        with connected(users, name) as database:

            def end():
                acts, pid = BlockerActs(settings), found.info.backend_pid
                acts.end(database, [holder(pid)], "true")
                return "blockers" in caplog.text

            wait_until(end, "it is said")
            end()
            assert is_alive(found)
            hint = f"run GRANT pg_signal_backend TO {name}"
            assert caplog.text.count(hint) == 1

            users.execute(f"GRANT pg_signal_backend TO {name}")
            found.rollback()
            found.execute(READ)
            wait_until(lambda: end() and "terminated" in caplog.text, "it is done")
            assert not is_alive(found)


def holder(pid):
    from alembic_zdt.catalog.activity import Holder

    return Holder(pid, "1/1", 1.0)


@contextmanager
def connected(users, name):
    from sqlalchemy import make_url

    url = make_url(users.url()).set(username=name, password=PASSWORD)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield Database(connection)
    engine.dispose()


def test_a_session_that_does_not_block_any_more_is_left_alone(users, app, caplog):
    """The statement that acts asks again."""
    settings = Settings.from_sources(
        ("the test", {"blockers": IDLE, "blocker_roles": app})
    )
    engine = create_engine(users.url(), isolation_level="AUTOCOMMIT")
    with session(users, app) as found, engine.connect() as connection:
        pid, acts = found.info.backend_pid, BlockerActs(settings)
        idle = "(SELECT now() - state_change > interval '10 ms'"
        users.wait_until(f"{idle} FROM pg_stat_activity WHERE pid = %s)", pid)
        acts.end(Database(connection), [holder(pid)], "a.query = 'another'")

        assert is_alive(found)
    engine.dispose()
    assert "terminated" not in caplog.text


def test_only_clients_are_looked_at(users):
    """No autovacuum, no replication, no process of the server."""
    everybody = {"blockers": IDLE, "blocker_roles": f"*, {users.server.user}"}
    acts = BlockerActs(Settings.from_sources(("the test", everybody)))
    engine = create_engine(users.url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        pids = users.column(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() OR datname IS NULL"
        )
        found = {each.pid for each in acts._look(Database(connection), pids)}
    engine.dispose()

    kinds = "SELECT DISTINCT backend_type FROM pg_stat_activity WHERE pid = ANY (%s)"
    assert users.column(kinds, list(found)) == ["client backend"]
    assert users.pid in found


def test_the_sessions_must_be_named(project, users):
    project.settings(blockers=IDLE)
    project.revision("a1", CALL)

    with pytest.raises(SettingError, match='needs "blocker_roles" or'):
        project.upgrade()
