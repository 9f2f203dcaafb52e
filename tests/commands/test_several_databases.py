"""An env.py with several databases, as Alembic's template has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from alembic_zdt.commands.backfill_queue import statuses
from alembic_zdt.commands.lint import lint
from alembic_zdt.commands.plan import make_plan
from alembic_zdt.commands.plan_output import as_json, as_text
from alembic_zdt.commands.sql import script_text, write
from alembic_zdt.commands.status import status
from alembic_zdt.commands.wait import wait
from alembic_zdt.errors import NotReadyError, UsageError
from tests.support.output import parsed

ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

URLS = {urls!r}


def offline():
    for name, url in URLS.items():
        with open("%s.sql" % name, "w") as buffer:
            context.configure(url=url, output_buffer=buffer, literal_binds=True,
                dialect_opts={{"paramstyle": "named"}})
            with context.begin_transaction():
                context.run_migrations(engine_name=name)


def online():
    for name, url in URLS.items():
        with create_engine(url, poolclass=pool.NullPool).connect() as connection:
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations(engine_name=name)


offline() if context.is_offline_mode() else online()
"""
REVISION = '''
"""make both"""
from alembic import op
revision, down_revision = "r1", None


def upgrade(engine_name):
    if engine_name == "one":
        op.create_index("ix_one", "users", ["email"])
    else:
        op.create_index_concurrently("ix_two", "orders", ["total"])


def downgrade(engine_name):
    op.execute(f"SELECT '{engine_name}'")
'''


@pytest.fixture
def several(db, new_schema, project, monkeypatch):
    """A project whose two databases are two schemas."""
    other = new_schema()
    db.execute("CREATE TABLE users (id int, email text)")
    db.execute(f"CREATE TABLE {other}.orders (id int, total int)")
    url = make_url(db.url())
    urls = {
        name: url.update_query_dict(
            {"options": f"-csearch_path={schema}"}
        ).render_as_string(hide_password=False)
        for name, schema in (("one", db.schema), ("two", other))
    }
    project.write(project.env, ENV.format(urls=urls))
    project.write(project.versions / "r1_.py", REVISION)
    monkeypatch.chdir(project.folder)
    return project


@pytest.fixture
def files(several):
    """What is in the folder of the project, but for Python's own."""

    def found():
        return {
            str(path.relative_to(several.folder)): path.read_bytes()
            for path in several.folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    return found


def test_commands_that_read_leave_no_file(several, files):
    """Nor do they change the one that ``alembic upgrade --sql`` has written."""
    several.write("one.sql", "-- reviewed\n")
    before = files()

    found = lint(several.config())
    plan = make_plan(several.config(), "base:heads")
    text = script_text(several.config())

    assert files() == before
    assert found.unchecked == ()
    assert {each.check for each in found.findings} == {"create-index"}
    assert [each.database for each in plan.revisions] == ["one", "two"]
    one, two = text.split("-- two.sql\n")
    assert one.startswith("-- one.sql\n")
    assert "CREATE INDEX ix_one" in one
    assert "CREATE INDEX CONCURRENTLY ix_two" in two
    assert "ix_one" not in two


def test_sql_writes_a_file_for_each(several):
    written = write(several.config(), "base:heads", Path("out"))

    assert sorted(map(str, written)) == ["out/one.sql", "out/two.sql"]
    assert "ix_two" in Path("out/two.sql").read_text()
    split = write(several.config(), "base:heads", Path("each"), split=True)
    assert sorted(map(str, split)) == [
        "each/one/0001_r1_make_both.sql",
        "each/two/0001_r1_make_both.sql",
    ]


def test_sql_refuses_one_file_for_several(several, files):
    before = files()

    with pytest.raises(UsageError, match="into one file") as caught:
        write(several.config(), "base:heads", Path("both.sql"))

    assert "one.sql, two.sql" in caught.value.detail
    assert files() == before


def test_env_may_read_and_add_to_its_own_files(several):
    """Whatever it opens without writing is what is there."""
    several.write("dialect.txt", "postgresql://")
    several.write(
        several.env,
        "from alembic import context\n"
        "with open('dialect.txt') as file: url = file.read()\n"
        "with open('log.txt', 'a') as file: file.write('run')\n"
        "with open('x.sql', 'w') as out:\n"
        "    context.configure(url=url, output_buffer=out)\n"
        "    with open('x.sql') as file: name = file.name[-5:]\n"
        "    context.run_migrations(engine_name=name)\n",
    )

    assert "CREATE INDEX" in script_text(several.config())
    assert not {"log.txt", "x.sql"} & {each.name for each in several.folder.iterdir()}


def test_plan_begins_where_each_of_them_is(db, several):
    several.upgrade(x=["zdt.guard=off"])
    db.execute("DELETE FROM alembic_version")

    plan = make_plan(several.config(), None)

    assert [each.database for each in plan.revisions] == ["one"]
    assert plan.asked
    title = next(iter(as_text(plan)))
    assert title == "upgrade base -> r1 in one, make both"
    assert as_json(plan)["revisions"][0]["database"] == "one"


def test_commands_look_at_all_of_them(db, several):
    """The one that is behind counts, wherever it stands."""
    several.upgrade(x=["zdt.guard=off"])
    wait(several.config(), "0s")
    assert status(several.config()).exit_code == 0

    db.execute("DELETE FROM alembic_version")

    found = status(several.config())
    assert found.exit_code == 10
    assert [each.revision for each in found.pending] == ["r1"]
    with pytest.raises(NotReadyError):
        wait(several.config(), "0s")
    assert statuses(several.config(), None) == []


NEXT = "next, before the new code is deployed: alembic-zdt upgrade --before-deploy"


def test_status_shows_each(several):
    done = several.cli("status", module="alembic_zdt")
    assert done.stdout.splitlines() == [
        "database 1 of 2: at base",
        "pending: r1 (expand) make both",
        NEXT,
        "database 2 of 2: at base",
        "pending: r1 (expand) make both",
        NEXT,
    ]
    found = parsed(
        "status", several.cli("status", "--json", module="alembic_zdt").stdout
    )
    assert [each["heads"] for each in found["databases"]] == [[], []]
