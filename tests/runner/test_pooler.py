"""Through a real PgBouncer: session mode works, transaction mode is refused."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from alembic_zdt.errors import UnsupportedServerError
from alembic_zdt.runner import pooler
from tests.support.pgbouncer import pooled

ENV = "from alembic_zdt import env\nenv.run()\n"
INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'
CALLS = (
    f"{INDEX}\n"
    'op.add_not_null_two_phase("users", "email")\n'
    'op.backfill("users", {"email": "upper(email)"}, where="email <> upper(email)")'
)
BACK = 'op.drop_not_null("users", "email")\nop.drop_index_concurrently("ix", "users")'


@pytest.fixture
def users(db):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 500) n")


def through(project, url, *, ours):
    """Let the project's URL be that of the pool."""
    if project.driver == "asyncpg":
        url = url.replace("postgresql+psycopg", "postgresql+asyncpg", 1)
        # PgBouncer before 1.21 does not know prepared statements in transaction mode.
        sign = "&" if "?" in url else "?"
        url += f"{sign}prepared_statement_cache_size=0"
    text = project.ini.read_text()
    start = text.index("sqlalchemy.url = ")
    end = text.index("\n", start)
    line = f"sqlalchemy.url = {url.replace('%', '%%')}"
    project.write(project.ini, text[:start] + line + text[end:])
    if ours:
        project.write(project.env, ENV)


@pytest.mark.parametrize("ours", [False, True], ids=["stock", "ours"])
def test_session_mode_works(db, project, driver, users, ours, monkeypatch):
    for name in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        monkeypatch.delenv(name, raising=False)
    project.revision("r1", CALLS, BACK)
    with pooled(db, "session", size=20) as url:
        through(project, url, ours=ours)

        project.upgrade()
        assert db.index("ix").is_valid
        project.downgrade()

    assert db.indexes("users") == ["users_pkey"]


@pytest.mark.parametrize("size", [1, 5])
@pytest.mark.parametrize("ours", [False, True], ids=["stock", "ours"])
def test_transaction_mode_is_refused(
    db, project, driver, users, ours, size, monkeypatch
):
    """Nothing is left in the pool's sessions: no lock, no setting."""
    for name in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        monkeypatch.delenv(name, raising=False)
    project.revision("r1", CALLS, BACK)
    before = db.catalog()
    with pooled(db, "transaction", size=size) as url:
        through(project, url, ours=ours)

        with pytest.raises(UnsupportedServerError, match="pooler in transaction mode"):
            project.upgrade()

        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        mine = "database = (SELECT oid FROM pg_database WHERE datname = %s)"
        assert db.value(f"{locks} AND {mine}", db.database) == 0
    found = db.catalog()
    assert {name: found[name] for name in before if name != "tables"} == {
        name: before[name] for name in before if name != "tables"
    }


def test_direct_connection_asks_for_no_second_one(
    db, project, driver, users, monkeypatch
):
    """The server sees the very port that we have."""

    def never(_database):
        raise AssertionError

    monkeypatch.setattr(pooler, "_is_shared", never)
    project.revision("r1", INDEX)

    project.upgrade()

    assert db.index("ix").is_valid


@pytest.mark.parametrize("is_shared", [True, False])
def test_second_client_tells_whether_a_session_is_shared(db, monkeypatch, is_shared):
    """Where the server does not see our port, and without a pooler to ask.

    The transaction is ended in between: a pooler then takes another session.
    """
    seen, real = [], pooler._pid

    def pid(database):
        seen.append(real(database))
        assert not database.connection.in_transaction()
        return seen[-1] + (len(seen) - 1) * is_shared

    monkeypatch.setattr(pooler, "_is_direct", lambda _database: False)
    monkeypatch.setattr(pooler, "_pid", pid)
    engine = create_engine(db.url())
    with engine.connect() as connection:
        assert pooler.goes_through_transaction_pool(connection) is is_shared
    engine.dispose()
    assert len(seen) == 2
