"""Caches of prepared statements, poolers, and the application's own engine."""

from __future__ import annotations

import sys

import pytest
from sqlalchemy import make_url

from alembic_zdt.commands.doctor import doctor
from alembic_zdt.errors import UsageError
from tests.support.pgbouncer import pooled

SYNC = (
    "from sqlalchemy import create_engine\nengine = create_engine({url!r}, {options})\n"
)
ASYNC = (
    "from sqlalchemy.ext.asyncio import create_async_engine\n"
    "engine = create_async_engine({url!r}, {options})\n"
)
BOTH_OFF = {"statement_cache_size": 0, "prepared_statement_cache_size": 0}


def with_query(url, **query):
    """Of a URL, also of a pool; the sizes are read by SQLAlchemy or asyncpg."""
    return make_url(url).update_query_dict(query).render_as_string(hide_password=False)


@pytest.fixture
def application(project, monkeypatch):
    """Write the application's module of its engine."""
    monkeypatch.syspath_prepend(project.folder)
    written = []

    def write(source, url, **connect_args):
        name = f"shop_{len(written)}_{project.folder.name}"
        written.append(name)
        options = f"connect_args={connect_args!r}"
        project.write(f"{name}.py", source.format(url=url, options=options))
        return f"{name}:engine"

    return write


def of_engine(project, name):
    return [
        (each.severity.value, each.message)
        for each in doctor(project.config(), engine=name).findings
        if each.check == "engine"
    ]


@pytest.mark.parametrize(
    ("sizes", "severity"),
    [
        ({"statement_cache_size": "0"}, "error"),
        ({"prepared_statement_cache_size": "0"}, "note"),
        (dict.fromkeys(BOTH_OFF, "0"), None),
        ({}, None),
    ],
)
def test_one_of_two_caches_is_off(db, project, diagnosed, monkeypatch, sizes, severity):
    """In the application's URL, and in that of the migrations."""
    query = "&".join(f"{name}={size}" for name, size in sizes.items())
    sign = "&" if "?" in db.url("asyncpg") else "?"
    url = f"{db.url('asyncpg')}{sign}{query}"
    monkeypatch.setenv("DATABASE_URL", url)

    found = diagnosed("url")

    assert [kind for kind, _ in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("sizes", "severity"),
    [
        ({"statement_cache_size": 0}, "error"),
        ({"prepared_statement_cache_size": 0}, "note"),
        (BOTH_OFF, None),
        ({}, None),
    ],
)
def test_caches_of_an_engine(db, project, application, sizes, severity):
    name = application(ASYNC, db.url("asyncpg"), **sizes)

    found = of_engine(project, name)

    assert [kind for kind, _ in found] == ([severity] if severity else [])


def test_caches_of_the_migrations(project_of):
    """Where env.py passes them."""
    project = project_of("asyncpg")
    project.edit_env(
        "poolclass=pool.NullPool",
        "poolclass=pool.NullPool, connect_args={'statement_cache_size': 0}",
    )

    found = doctor(project.config()).findings

    (failed,) = [each for each in found if each.check == "statement-caches"]
    assert "or return wrong values" in failed.message


@pytest.mark.parametrize(
    ("source", "driver", "connect_args", "expected"),
    [
        (SYNC, "psycopg", {}, "psycopg prepares statements (prepare_threshold is 5)"),
        (SYNC, "psycopg", {"prepare_threshold": None}, ""),
        (ASYNC, "psycopg", {}, "psycopg prepares statements (prepare_threshold is 5)"),
        (ASYNC, "asyncpg", {"statement_cache_size": 0}, "asyncpg and SQLAlchemy keep"),
        (ASYNC, "asyncpg", BOTH_OFF, ""),
    ],
)
def test_engine_behind_a_transaction_pool(
    db, project, application, source, driver, connect_args, expected
):
    with pooled(db, "transaction") as pool:
        url = pool.replace("+psycopg", f"+{driver}", 1)
        if driver == "asyncpg":
            connect_args = {**connect_args, "statement_cache_size": 0}
        name = application(source, url, **connect_args)

        found = [words for kind, words in of_engine(project, name) if kind != "error"]

    if expected:
        assert expected in " ".join(found)
    else:
        assert found == []


def test_engine_behind_a_session_pool(db, project, application):
    with pooled(db, "session", size=20) as url:
        assert of_engine(project, application(SYNC, url)) == []


@pytest.mark.parametrize("ours", [False, True], ids=["stock", "ours"])
def test_migrations_through_a_transaction_pool(
    db, project, driver, diagnosed, ours, monkeypatch
):
    with pooled(db, "transaction", size=3) as pool:
        url = pool
        if driver == "asyncpg":
            url = with_query(
                pool.replace("+psycopg", "+asyncpg", 1),
                prepared_statement_cache_size="0",
            )
        text = project.ini.read_text()
        start = text.index("sqlalchemy.url = ")
        line = f"sqlalchemy.url = {url.replace('%', '%%')}"
        project.write(
            project.ini, text[:start] + line + text[text.index("\n", start) :]
        )
        if ours:
            project.write(project.env, "from alembic_zdt import env\nenv.run()\n")

        ((severity, words),) = diagnosed("transaction-pooler")

    assert severity == "error"
    assert "DATABASE_URL_SYNC" in words


def test_direct_connection_is_no_pool(project, driver, diagnosed):
    assert diagnosed("transaction-pooler") == []


@pytest.mark.parametrize(
    "name",
    [
        "zdt_nowhere:engine",
        "os:nothing",
        "os",
        "os:sep",
        "os:getcwd",
        "os:chdir",
        ":x",
        ".x:y",
    ],
)
def test_name_that_is_no_engine(project, name):
    with pytest.raises(UsageError, match=f'--engine "{name}" names no engine'):
        doctor(project.config(), engine=name)


def test_engine_that_cannot_connect(db, project, application):
    url = make_url(db.url()).set(port=1).render_as_string(hide_password=False)

    ((severity, words),) = of_engine(project, application(SYNC, url))

    assert severity == "error"
    assert "cannot connect" in words


def test_url_of_a_driver_that_is_not_here(project, diagnosed, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    monkeypatch.setenv("DATABASE_URL", "postgres+psycopg2://u@h/d")
    project.write(project.ini, project.ini.read_text())

    found = [words for _, words in diagnosed("url")]

    assert "begins with postgres, which SQLAlchemy does not read" in found[0]
    assert "names the driver psycopg2, which is not installed" in found[1]
    assert "several databases are named" in found[2]


def test_url_that_is_none(project, diagnosed, monkeypatch):
    monkeypatch.setenv("DATABASE_URL_SYNC", "mysql://u:secret@h/d")

    found = diagnosed("url")

    assert found[0][0] == "warning"
    assert 'is of "mysql", not of PostgreSQL' in found[0][1]
    assert "secret" not in str(found)


def test_pool_in_statement_mode(db, project, diagnosed):
    with pooled(db, "statement") as url:
        project.write(
            project.env, f"from alembic_zdt import env\nenv.run(url={url!r})\n"
        )

        ((severity, words),) = diagnosed("connection")

    assert severity == "error"
    assert "Migrations need transactions" in words


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg2"])
def test_psycopg2_alone(project, diagnosed, monkeypatch, scheme):
    """It is SQLAlchemy's default, so a stock env.py connects with it."""
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://u@h/d")
    monkeypatch.setattr("alembic_zdt.env.urls.find_spec", lambda _name: None)
    there = {"psycopg2"}
    monkeypatch.setattr(
        "alembic_zdt.doctor.database_urls.find_spec", lambda name: name in there or None
    )

    words = "".join(text for _, text in diagnosed("url"))
    assert "DATABASE_URL" not in words

    there.clear()
    words = "".join(text for _, text in diagnosed("url"))
    assert "no driver for the environment variable DATABASE_URL is installed" in words
