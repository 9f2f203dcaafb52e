"""One env.py, written by ``alembic-zdt init``, in everything that runs it."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import subprocess
import sys

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251  # the caller's

from alembic_zdt.env import connections
from alembic_zdt.env.url_sources import SaidUrl
from alembic_zdt.env.urls import usable
from alembic_zdt.errors import ExternalTransactionError, UrlError, UsageError

INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'
BACK = 'op.drop_index_concurrently("ix", "users")'
ENV = "from alembic_zdt import env\ntarget_metadata = None\nenv.run(target_metadata)\n"
OF_A_SETTINGS_OBJECT = """
from alembic_zdt import env
class Dsn:
    def __str__(self):
        return {url!r}
env.run(url=Dsn())
"""
URLS = (
    "postgresql",
    "postgresql+psycopg",
    "postgresql+asyncpg",
    "postgresql+psycopg2",
    "postgres",
)


@pytest.fixture
def driver():
    return "psycopg"


@pytest.fixture
def ours(db, project, monkeypatch):
    """A project whose env.py is ours, and which has no URL yet."""
    db.execute("CREATE TABLE users (id int, email text)")
    project.write(project.env, ENV)
    ini = re.sub(r"(?m)^sqlalchemy.url = .*$", "", project.ini.read_text())
    project.write(project.ini, ini)
    for name in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        monkeypatch.delenv(name, raising=False)
    project.revision("r1", INDEX, BACK)
    return project


def url_of(db, scheme):
    return db.url().replace("postgresql+psycopg", scheme, 1)


def goes_up_and_down(db, project, **options):
    project.upgrade(**options)
    assert db.index("ix").is_valid
    project.downgrade(**options)
    assert db.indexes("users") == []


@pytest.mark.parametrize("scheme", URLS)
def test_every_url(db, ours, monkeypatch, scheme):
    """Whatever the driver is, and the old name of the scheme."""
    monkeypatch.setenv("DATABASE_URL", url_of(db, scheme))

    goes_up_and_down(db, ours)


@pytest.mark.parametrize("scheme", URLS)
def test_within_a_running_loop(db, ours, monkeypatch, scheme):
    """As in the lifespan of an application that calls Alembic itself."""
    monkeypatch.setenv("DATABASE_URL", url_of(db, scheme))

    async def lifespan():
        goes_up_and_down(db, ours)

    asyncio.run(lifespan())


SOURCES = ("x", "env.py", "DATABASE_URL_SYNC", "DATABASE_URL", "ini", "toml")


def test_default_schema_by_its_name(db, ours, new_schema, monkeypatch):
    """Alembic calls it None, and would make its tables once more."""
    monkeypatch.setenv("DATABASE_URL", db.url())
    ours.write(
        ours.env,
        "import sqlalchemy as sa\nfrom alembic_zdt import env\nm = sa.MetaData()\n"
        "sa.Table('users', m, sa.Column('id', sa.Integer), sa.Column('email', sa.Text),"
        " sa.Index('ix', 'email'))\n"
        f"env.run(m, schemas=[{db.schema!r}, {new_schema()!r}])\n",
    )
    ours.upgrade()

    ours.run("check")


@pytest.mark.parametrize("name", ["schemas", "url_variables"])
def test_text_in_place_of_a_list_is_refused(db, ours, monkeypatch, name):
    """Its letters would be the names: no schema would be compared."""
    monkeypatch.setenv("DATABASE_URL", db.url())
    ours.edit_env("env.run(target_metadata)", f"env.run(None, {name}='shop')")

    with pytest.raises(UsageError) as caught:
        ours.upgrade()

    assert caught.value.primary == f"{name}='shop' is not a list of names"
    assert caught.value.hint == f"Write {name}=['shop']."


@pytest.mark.parametrize("first", SOURCES)
def test_first_source_wins(db, ours, monkeypatch, first):
    """Those before it say nothing, those behind it something wrong."""
    wrong, right = "postgresql://nobody@127.0.0.1:1/nowhere", db.url()
    said = dict.fromkeys(SOURCES[SOURCES.index(first) :], wrong) | {first: right}
    for name in ("DATABASE_URL_SYNC", "DATABASE_URL"):
        monkeypatch.setenv(name, said.get(name, ""))
    if "env.py" in said:
        call = f"env.run(target_metadata, url={said['env.py']!r})"
        ours.edit_env("env.run(target_metadata)", call)
    if "ini" in said:
        line = f"[alembic]\nsqlalchemy.url = {said['ini'].replace('%', '%%')}"
        ours.write(ours.ini, ours.ini.read_text().replace("[alembic]", line))
    config = ours.config([f"url={said['x']}"] if "x" in said else [])
    if "toml" in said:
        toml = ours.folder / "pyproject.toml"
        quoted = said["toml"].replace("%", "%%")
        ours.write(toml, f'[tool.alembic]\n"sqlalchemy.url" = "{quoted}"\n')
        config.toml_file_name = str(toml)

    command.upgrade(config, "head")

    assert db.index("ix").is_valid


def test_url_of_a_function_and_names_of_variables(db, ours, monkeypatch):
    monkeypatch.setenv("MIGRATIONS_URL", db.url())
    call = 'env.run(target_metadata, url_variables=["MIGRATIONS_URL"])'
    ours.edit_env("env.run(target_metadata)", call)
    ours.upgrade()
    ours.edit_env(call, f"env.run(target_metadata, url=lambda: {db.url()!r})")
    monkeypatch.delenv("MIGRATIONS_URL")

    ours.downgrade()

    assert db.indexes("users") == []
    ours.write(ours.env, OF_A_SETTINGS_OBJECT.format(url=db.url()))
    ours.upgrade()
    assert db.index("ix").is_valid


def test_connection_of_the_caller(db, ours):
    """It stays open, and as it was."""
    engine = create_engine(db.url(), poolclass=NullPool)
    config = ours.config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert not connection.closed
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1
    assert db.index("ix").is_valid


def test_engine_of_the_caller(db, ours):
    config = ours.config()
    config.attributes["connection"] = create_engine(db.url(), poolclass=NullPool)
    command.upgrade(config, "head")

    assert db.index("ix").is_valid


def test_connection_of_run_sync(db, ours):
    async def main():
        engine = create_async_engine(
            url_of(db, "postgresql+asyncpg"), poolclass=NullPool
        )
        async with engine.connect() as connection:
            await connection.run_sync(upgrade)
        await engine.dispose()

    def upgrade(connection):
        config = ours.config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    asyncio.run(main())

    assert db.index("ix").is_valid


@pytest.mark.parametrize("begins", ["begin", "statement"])
def test_transaction_of_the_caller_is_refused(db, ours, begins):
    """Alembic would roll all of it back, and say nothing."""
    engine = create_engine(db.url(), poolclass=NullPool)
    config = ours.config()
    ours.revision("r1", "op.execute('CREATE TABLE t ()')")
    with engine.connect() as connection:
        if begins == "begin":
            connection.begin()
        else:
            connection.execute(text("SELECT 1"))
        config.attributes["connection"] = connection
        with pytest.raises(ExternalTransactionError, match="has a transaction already"):
            command.upgrade(config, "head")

    assert not db.exists("alembic_version")


def test_async_connections_are_refused(db, ours):
    async def main():
        engine = create_async_engine(
            url_of(db, "postgresql+asyncpg"), poolclass=NullPool
        )
        async with engine.connect() as connection:
            for given in (engine, engine.sync_engine, connection, "x"):
                config = ours.config()
                config.attributes["connection"] = given
                with pytest.raises(UsageError, match="is of type"):
                    command.upgrade(config, "head")
        await engine.dispose()

    asyncio.run(main())


def test_script_needs_no_url(db, ours):
    script = ours.sql()

    assert "CREATE INDEX CONCURRENTLY" in script
    ours.psql(script).ok()
    assert db.index("ix").is_valid


def test_each_revision_has_its_transaction(db, ours, monkeypatch):
    """What is done stays done when a later one fails."""
    monkeypatch.setenv("DATABASE_URL", db.url())
    ours.revision("r2", "op.execute('CREATE TABLE t ()')")
    ours.revision("r3", "op.execute('SELECT no')")

    with pytest.raises(Exception, match='column "no" does not exist'):
        ours.upgrade()

    assert ours.current == ["r2"]


def test_schemas_that_autogenerate_looks_at(db, ours, new_schema, monkeypatch):
    second, third = new_schema(), new_schema()
    for schema in (second, third):
        db.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY)")
    monkeypatch.setenv("DATABASE_URL", db.url())
    call = f"env.run(sa.MetaData(), schemas=[None, {second!r}])"
    ours.write(
        ours.env, f"import sqlalchemy as sa\nfrom alembic_zdt import env\n{call}"
    )
    ours.upgrade()

    ours.run("revision", "x", autogenerate=True)

    text = ours.scripts()[-1].read_text()
    assert f"contract_drop_table('t', schema='{second}')" in text
    assert third not in text
    assert "contract_drop_table('users')" in text


def test_loggers_of_the_application_stay(db, ours, monkeypatch):
    """Neither switched off on the command line, nor touched within an application."""
    monkeypatch.setenv("DATABASE_URL", db.url())
    log = logging.getLogger("an.application")
    handlers = logging.root.handlers[:]
    named = [logging.getLogger(name) for name in (None, "alembic", "sqlalchemy.engine")]
    levels = [each.level for each in named]
    try:
        config = ours.config()
        config.attributes["configure_logger"] = True
        command.upgrade(config, "head")
        assert not log.disabled
    finally:
        logging.root.handlers[:] = handlers
        for each, level in zip(named, levels, strict=True):
            each.setLevel(level)
    config = ours.config()
    del config.attributes["configure_logger"]
    config.cmd_opts = None
    command.downgrade(config, "base")
    assert logging.root.handlers == handlers


BAD = {
    "nothing": ("", "no URL of a database is given"),
    "other": ("mysql://u:secret@h/d", 'is of "mysql", not of PostgreSQL'),
    "none": ("postgresql:/u:secret@h", "is not a URL of a database"),
    "port": ("postgresql://u:secret@h:port/d", "is not a URL of a database"),
    "closed": ("postgresql://u:secret@127.0.0.1:1/d", "cannot connect to"),
    "closed-async": ("postgresql+asyncpg://u:secret@127.0.0.1:1/d", "cannot connect"),
    "query": (
        "postgresql://u@127.0.0.1:1/d?password=secret",
        "cannot connect to",
    ),
    "no-such-database": ("postgresql+asyncpg://", "cannot connect to"),
    "timeout": (
        "postgresql+asyncpg://u:secret@h/d?connect_timeout=soon",
        'has connect_timeout="soon"',
    ),
    "libpq": (
        "postgresql+asyncpg://u:secret@h/d?sslrootcert=x",
        'has "sslrootcert", which asyncpg does not know',
    ),
}


@pytest.mark.parametrize(("url", "said"), BAD.values(), ids=BAD)
def test_bad_urls(db, ours, monkeypatch, url, said):
    """No message shows a password."""
    if url.endswith("//"):
        url = url_of(db, "postgresql+asyncpg") + "_that_is_not_there"
    monkeypatch.setenv("DATABASE_URL", url)

    with pytest.raises(UrlError) as caught:
        ours.upgrade()

    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


PARAMETERS = {
    "asyncpg": "application_name=mine&connect_timeout=5&sslmode=prefer",
    "psycopg": (
        "application_name=mine&ssl=prefer&prepared_statement_cache_size=0&timeout=5"
    ),
}


@pytest.mark.parametrize(("name", "more"), PARAMETERS.items(), ids=PARAMETERS)
def test_parameters_of_the_other_driver(db, ours, monkeypatch, name, more):
    """Each driver is told in its own words."""
    url = url_of(db, f"postgresql+{name}")
    sign = "&" if "?" in url else "?"
    options = f"options=-c%20search_path%3D{db.schema}%20-cwork_mem%3D7MB"
    monkeypatch.setenv("DATABASE_URL", f"{url}{sign}{more}&{options}")
    ours.revision(
        "r2",
        "op.execute(\"CREATE TABLE seen AS SELECT current_setting('application_name')"
        " AS name, current_setting('work_mem') AS mem\")",
    )

    ours.upgrade()

    assert db.row("SELECT name, mem FROM seen") == ("mine", "7MB")


OPTIONS = {
    '-csearch_path="Order"': ("search_path", '"Order"'),
    "-c application_name=a--b": ("application_name", "a--b"),
    r"-c application_name=two\ words": ("application_name", "two words"),
    "--application-name=it's": ("application_name", "it's"),
    "-c work_mem=7MB --lock_timeout=3s": ("lock_timeout", "3s"),
}


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
@pytest.mark.parametrize("options", OPTIONS)
def test_options_mean_the_same_to_each_driver(db, driver, options):
    """PostgreSQL splits them at spaces alone: a quote is a part of the value."""
    name, expected = OPTIONS[options]
    url = make_url(url_of(db, f"postgresql+{driver}"))
    own = url.update_query_dict({"options": options}).render_as_string(False)
    found = []

    def work(connection):
        found.append(connection.exec_driver_sql(f"SHOW {name}").scalar())

    connections.over_own(usable(SaidUrl(own, "the URL")), Config(), {}, work)

    assert found == [expected]


def test_driver_that_is_not_there(db, ours, monkeypatch, caplog):
    """The one that is does as well, and it is said."""
    caplog.set_level(logging.WARNING, "alembic_zdt")
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    monkeypatch.setenv("DATABASE_URL", url_of(db, "postgresql+psycopg2"))

    goes_up_and_down(db, ours)

    assert "names the driver psycopg2; the migrations run with psycopg" in caplog.text


def test_init_as_a_new_user_does_it(db, tmp_path):
    """Three commands, from an empty folder to an index."""

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "alembic_zdt", *arguments],
            cwd=tmp_path,
            env=os.environ | {"DATABASE_URL": db.url()},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    run("init")
    found = {p.name for p in (tmp_path / "migrations").iterdir()}
    assert found == {"env.py", "script.py.mako", "versions"}
    db.execute("CREATE TABLE users (id int, email text)")
    run("revision", "-m", "index", "--rev-id", "r1")
    (path,) = (tmp_path / "migrations" / "versions").glob("*.py")
    body = path.read_text()
    assert body.count("    pass") == 2
    path.write_text(body.replace("pass", INDEX, 1).replace("pass", BACK, 1))
    assert "Running upgrade  -> r1" in run("upgrade")
    assert db.index("ix").is_valid
    run("downgrade", "base")
    run("upgrade")
    assert "r1 (head)" in run("current")
    lines = (tmp_path / "migrations" / "env.py").read_text().splitlines()
    assert len(lines) <= 15


def test_init_with_a_template_of_alembic(tmp_path):
    arguments = ("init", "-t", "async", "there")
    done = subprocess.run(
        [sys.executable, "-m", "alembic_zdt", *arguments],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert "async_engine_from_config" in (tmp_path / "there" / "env.py").read_text()


def test_percent_sign_in_alembic_ini(db, ours, monkeypatch):
    """It is not shown, and of no interest where the URL comes from somewhere else."""
    line = "[alembic]\nsqlalchemy.url = postgresql://u:%40secret@127.0.0.1:1/d"
    ours.write(ours.ini, ours.ini.read_text().replace("[alembic]", line))
    with pytest.raises(UrlError, match="cannot be read") as caught:
        ours.upgrade()
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("DATABASE_URL", db.url())

    ours.upgrade()

    assert db.index("ix").is_valid


def test_connection_of_the_caller_after_a_failure(db, ours):
    """It has no transaction, so it can be used again."""
    engine = create_engine(db.url(), poolclass=NullPool)
    config = ours.config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        with pytest.raises(Exception, match="nothing"):
            command.upgrade(config, "nothing")
        assert not connection.in_transaction()
        command.upgrade(config, "head")
