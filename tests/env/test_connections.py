"""Connections over which a migration runs, and those that are refused at once."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from alembic_zdt.env.url_sources import SaidUrl
from alembic_zdt.env.urls import usable
from alembic_zdt.errors import ConnectionLostError, UnsupportedServerError
from tests.operations.cases import CASES
from tests.support.background import upgrading
from tests.support.db import Db
from tests.support.door import backend_in_the_door, door_held
from tests.support.interruption import end_backend
from tests.support.pgbouncer import pooled
from tests.support.project import Project
from tests.support.replica import PRIMARY, Replica
from tests.support.roles import role, run_as
from tests.support.waiting import wait_until
from tools.postgres import Cluster

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text)"
INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'
ENV = "from alembic_zdt import env\nenv.run()\n"
STARTED = "needs a server of its own, not a given one"
needs_own_server = pytest.mark.skipif("ZDT_TEST_DSN" in os.environ, reason=STARTED)
OVER_PSYCOPG2 = ("index", "not-null", "foreign-key", "rename-column", "column-type")


@pytest.fixture
def project_over(tmp_path, db, forkers):
    """A function that returns a project over a driver."""
    made = []

    def make(driver):
        made.append(Project(tmp_path, db, driver, forkers))
        return made[0]

    yield make
    for each in made:
        each.close()


def point(project, url):
    """Let alembic.ini have another URL."""
    line = f"sqlalchemy.url = {url.replace('%', '%%')}"
    text = re.sub(r"(?m)^sqlalchemy.url = .*$", lambda _: line, project.ini.read_text())
    project.write(project.ini, text)


# ---------------------------------------------------------------------------- drivers


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c.id) for c in CASES if c.id in OVER_PSYCOPG2]
)
def test_directives_run_over_psycopg2(db, project_over, case):
    project = project_over("psycopg2")
    for statement in case.setup:
        db.execute(statement)
    before = db.catalog()
    project.revision("r1", case.upgrade, case.downgrade)

    project.upgrade()
    assert db.value(f"SELECT {case.holds}") is True

    project.downgrade()
    assert db.catalog() == before


def test_lost_connection_over_psycopg2_is_one_error(db, project_over):
    db.execute(USERS)
    project = project_over("psycopg2")
    project.revision("r1", INDEX)
    with upgrading(project) as upgrade, door_held(db, "users"):
        upgrade.begin()
        end_backend(db, backend_in_the_door(db, "CREATE INDEX CONCURRENTLY", upgrade))

    assert isinstance(upgrade.error, ConnectionLostError)
    assert "The driver reported: server closed the connection" in str(upgrade.error)


@pytest.fixture
def over_pg8000(db, project_over):
    """A project over pg8000, as a role whose password it accepts."""
    # pg8000 refuses fewer iterations than 4096, which the test's own server uses.
    if db.server.version >= 16:
        db.execute("SET scram_iterations = 4096")
    with role(db, "p8") as name:
        db.execute("RESET ALL")
        db.execute(f"SET search_path = {db.schema}")
        db.execute(f"CREATE TABLE users (id int); ALTER TABLE users OWNER TO {name}")
        project = project_over("pg8000")
        run_as(project, name)
        yield project


def test_unknown_driver_is_refused_before_anything_is_done(db, over_pg8000):
    over_pg8000.revision("r1", 'op.create_index_concurrently("ix", "users", ["id"])')

    with pytest.raises(UnsupportedServerError) as refused:
        over_pg8000.upgrade()

    assert refused.value.primary == (
        'cannot create index "ix": the driver "pg8000" is not supported'
    )
    assert "postgresql+psycopg://" in refused.value.hint
    assert db.indexes("users") == []


def test_stock_changes_run_over_an_unknown_driver(db, over_pg8000):
    over_pg8000.revision("r1", 'op.add_column("users", sa.Column("n", sa.Integer))')

    over_pg8000.upgrade()

    assert db.columns("users") == ["id", "n"]


# ------------------------------------------------------------------ sessions, poolers


@pytest.mark.parametrize("ours", [False, True], ids=["stock", "ours"])
def test_read_only_session_is_refused(db, project, driver, ours, monkeypatch):
    """Whether Alembic has its table already, or would make it first."""
    for name in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        monkeypatch.delenv(name, raising=False)
    db.execute(USERS)
    project.revision("r1", INDEX)
    if ours:
        project.write(project.env, ENV)
    else:
        project.run("ensure_version")
    with role(db, "reader") as name:
        db.execute(f"ALTER ROLE {name} SET default_transaction_read_only = on")
        db.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA {db.schema} TO {name}")
        run_as(project, name)

        with pytest.raises(UnsupportedServerError, match="session are read-only"):
            project.upgrade()

    assert db.indexes("users") == ["users_pkey"]


def test_command_line_says_it_with_a_stock_env(db, project):
    project.revision("r1")
    with role(db, "reader") as name:
        db.execute(f"ALTER ROLE {name} SET default_transaction_read_only = on")
        run_as(project, name)

        result = project.cli("upgrade", "head", module="alembic_zdt")

    assert result.rc == 255
    assert "FAILED: the server is a standby, or transactions of this" in result.stdout
    assert "Traceback" not in result.stderr


@pytest.mark.slow
@needs_own_server
def test_standby_is_refused(tmp_path):
    with Cluster(settings=PRIMARY) as cluster, Replica(cluster) as replica:
        primary, standby = (
            Db(each, "postgres", "public") for each in (cluster, replica)
        )
        project = Project(tmp_path, primary)
        primary.execute(USERS)
        project.revision("r1", INDEX)
        project.run("ensure_version")
        there = "SELECT to_regclass('alembic_version') IS NOT NULL"
        wait_until(lambda: standby.value(there), "the standby follows")
        point(project, standby.url())

        with pytest.raises(UnsupportedServerError, match="the server is a standby"):
            project.upgrade()

        for each in (project, primary, standby):
            each.close()


def test_pooler_in_statement_mode_is_refused(db, project, driver, monkeypatch):
    for name in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        monkeypatch.delenv(name, raising=False)
    db.execute(USERS)
    project.revision("r1", INDEX)
    project.write(project.env, ENV)
    with pooled(db, "statement") as url:
        point(project, url.replace("+psycopg", f"+{driver}", 1))

        with pytest.raises(UnsupportedServerError, match="pooler in statement mode"):
            project.upgrade()

    assert db.indexes("users") == ["users_pkey"]


def test_stock_changes_run_through_a_pooler_in_transaction_mode(db, project):
    db.execute(USERS)
    project.revision("r1", 'op.add_column("users", sa.Column("n", sa.Integer))')
    with pooled(db, "transaction") as url:
        point(project, url)

        project.upgrade()

    assert db.columns("users") == ["id", "email", "n"]


# ----------------------------------------------------------------- sockets in folders


@needs_own_server
def test_folder_of_a_socket_in_the_place_of_the_host():
    """As libpq reads it: a slash is written as %2F."""
    with tempfile.TemporaryDirectory(prefix="zdt-s-") as folder:
        Path(folder).chmod(0o777)
        with Cluster(settings={"unix_socket_directories": folder}) as cluster:
            own = make_url(cluster.dsn("postgres", "psycopg"))
            host = folder.replace("/", "%2F")
            there = f"{own.username}:{own.password}@{host}:{own.port}/postgres"
            for scheme in ("postgresql", "postgresql+psycopg2"):
                found = usable(SaidUrl(f"{scheme}://{there}", "the URL"))
                engine = create_engine(found.url, connect_args=found.connect_args)
                with engine.connect() as connection:
                    address = connection.exec_driver_sql("SELECT inet_client_addr()")
                    assert address.scalar() is None
                engine.dispose()
            asyncpgs = usable(SaidUrl(f"postgresql+asyncpg://{there}", "the URL")).url
            assert asyncpgs.host is None
            assert asyncpgs.query == {"host": folder, "port": str(own.port)}
