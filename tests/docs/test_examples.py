"""Python and settings that pages and docstrings show are run as they stand there."""

from __future__ import annotations

import ast
import asyncio
import inspect
import sys
import textwrap

import pytest
import sqlalchemy as sa
from alembic.util import CommandError

from alembic_zdt import aio, api
from alembic_zdt.backfill import run_slice, unfinished
from alembic_zdt.events import subscribers
from tests.docs.reader import HEAD
from tests.docs.shown import shown
from tests.docs.verdicts import is_example

REVISION = """\
from alembic_zdt import op
revision = "next"
down_revision = {below!r}

def upgrade():
{upgrade}

def downgrade():
{downgrade}
"""
ENV = """\
import alembic_zdt
from alembic import context
from myapp.database import engine
from myapp.models import Base

with engine.connect() as connection:
    {line}
    with context.begin_transaction():
        context.run_migrations()
"""
KINDS = {
    "env": lambda text: "env.run(" in text,
    "configure": lambda text: text.startswith("context.configure("),
    "irreversible": lambda text: text.startswith("op.irreversible("),
    "revision": lambda text: text.startswith(("op.", "with op.")),
}


def kind(item):
    """Which of the tests below runs it."""
    found = (name for name, fits in KINDS.items() if fits(item.text))
    return next(found, "program")


def examples(wanted):
    found = [item for item in shown() if is_example(item) and kind(item) == wanted]
    assert found, f"no page shows {wanted}: take its test away"
    return pytest.mark.parametrize("item", found, ids=lambda item: item.where)


@pytest.fixture
def at_home(reader, monkeypatch):
    """This process is in the application's folder, as its programs are."""
    monkeypatch.chdir(reader.folder)
    monkeypatch.setenv("DATABASE_URL", reader.db.url("psycopg"))
    monkeypatch.setattr(sys, "path", [str(reader.folder), *sys.path])
    monkeypatch.setattr(subscribers, "_registry", subscribers._Registry())
    reader.stands_at(HEAD)
    yield reader
    for name in [name for name in sys.modules if name.split(".")[0] == "myapp"]:
        del sys.modules[name]


@examples("program")
def test_program_runs(at_home, item):
    """Where the database is at the head, and a backfill is queued."""
    code = item.text.replace("postgresql+psycopg://...", at_home.db.url("psycopg"))
    code = code.replace("postgresql+asyncpg://...", at_home.db.url("asyncpg"))

    if "compatible=True" in code:  # waits for backfills of this code
        at_home.types("alembic-zdt backfill run")

    asyncio.run(run_over(code, at_home.db))


async def run_over(code, db):
    """Run it with the names that an application has; a lifespan is entered and left."""
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251

    if "aio" in code:
        engine = create_async_engine(db.url("asyncpg"), poolclass=sa.NullPool)
    else:
        engine = sa.create_engine(db.url("psycopg"), poolclass=sa.NullPool)
    names = {"engine": engine, "aio": aio, "api": api}
    names |= {"run_slice": run_slice, "unfinished": unfinished}
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    made = eval(compile(code, "example", "exec", flags=flags), names)  # noqa: S307
    if inspect.isawaitable(made):
        await made
    if "lifespan" in names:
        async with names["lifespan"](None):
            assert await aio.current(engine) == (HEAD,)


@examples("env")
def test_env_py_serves_an_application(at_home, item):
    (at_home.folder / "migrations/env.py").write_text(item.text)

    assert at_home.types("alembic current") == f"{HEAD} (head)\n"


@examples("configure")
def test_argument_lets_alembic_write_safe_revisions(at_home, item):
    """Stock ``alembic revision --autogenerate`` with that line in env.py."""
    given = "connection=connection, target_metadata=Base.metadata"
    line = item.text.strip().replace("...", given)
    (at_home.folder / "migrations/env.py").write_text(ENV.format(line=line))
    models = at_home.folder / "myapp/models.py"
    column = "fax: Mapped[str | None] = mapped_column(Text)"
    text = models.read_text()
    assert column in text
    models.write_text(text.replace(column, f"{column}\n    {column[1:]}"))

    at_home.types("alembic revision --autogenerate --rev-id next")

    (written,) = at_home.folder.glob("migrations/versions/next_*.py")
    assert "op.expand_add_column('users', sa.Column('ax'" in written.read_text()


def write_revision(reader, upgrade, downgrade):
    path = reader.folder / "migrations/versions/next_.py"
    bodies = {"upgrade": upgrade, "downgrade": downgrade}
    indented = {key: textwrap.indent(text, "    ") for key, text in bodies.items()}
    path.write_text(REVISION.format(below=HEAD, **indented))


@examples("revision")
def test_revision_is_let_pass_and_runs(at_home, item):
    """The lint finds nothing in it, and the upgrade runs it."""
    write_revision(at_home, item.text, 'op.irreversible("not asked here")')

    found = at_home.types(f"alembic-zdt lint {HEAD}:heads")
    at_home.types("alembic upgrade head")

    assert found == "1 revision, 0 findings, 0 places that could not be looked at\n"
    assert at_home.types("alembic current") == "next (head)\n"


@examples("irreversible")
def test_downgrade_refuses(at_home, item):
    write_revision(at_home, "pass", item.text)
    at_home.types("alembic upgrade head")

    with pytest.raises(CommandError, match=ast.literal_eval(item.text[16:-1])):
        api.downgrade(sa.create_engine(at_home.db.url("psycopg")), "-1")


SETTINGS = [item for item in shown() if item.kind == "settings"]


@pytest.mark.parametrize("item", SETTINGS, ids=lambda item: item.where)
def test_settings_are_taken(at_home, item):
    """An unknown one, or a value that cannot be read, would be an error."""
    with (at_home.folder / "alembic.ini").open("a") as ini:
        ini.write(f"\n{item.text}")

    at_home.types("alembic-zdt lint")
    at_home.types("alembic downgrade 0003")
    at_home.types("alembic upgrade head")

    assert at_home.types("alembic current") == f"{HEAD} (head)\n"
