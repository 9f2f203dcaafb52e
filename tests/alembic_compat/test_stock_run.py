"""What a run loads and asks in a project that does not name this package."""

from __future__ import annotations

import json
import py_compile
from dataclasses import dataclass

import pytest

from alembic_zdt.settings import Settings
from tests.support.project import HAS_PLUGINS, Running

pytestmark = pytest.mark.skipif(
    not HAS_PLUGINS, reason="before 1.18 Alembic loads no plugins"
)

WATCHED = """
import json, sys
from alembic.config import main
from sqlalchemy import Engine, event

asked = []
event.listen(Engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
try:
    main(argv=sys.argv[2:])  # behind -c and this code
finally:
    names = [each.removeprefix("alembic_zdt.") for each in sys.modules]
    print("FOUND", json.dumps([names, asked]))
"""
DROP = 'op.drop_column("users", "age")'
DROP_INDEX = 'op.drop_index_concurrently("ix")'
SMALL = Settings().small_table_rows


@dataclass
class Run:
    """How a command ended, with the modules it loaded and its statements."""

    rc: int
    output: str
    modules: set[str]
    statements: list[str]

    @property
    def is_stock(self) -> bool:
        """Whether it needed no log of revisions, gate and the like."""
        return "half_done" not in self.modules


@pytest.fixture
def run(project, forkers):
    """Run ``alembic upgrade`` in a process that has loaded nothing of this package."""

    def run(*arguments):
        call = [WATCHED, "-c", str(project.ini), *arguments, "upgrade", "head"]
        done = Running(forkers["-c"].start(call, project.folder, {})).wait()
        modules, statements = json.loads(done.stdout.rpartition("FOUND ")[2])
        return Run(done.rc, done.output, set(modules), statements)

    return run


@pytest.fixture
def users(db):
    """Make a table that is not small."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, age int)")
    db.execute("INSERT INTO users SELECT n FROM generate_series(0, %s) n", SMALL)
    db.execute("ANALYZE users")


def test_revisions_that_do_nothing_cost_one_question(project, run):
    for number in range(9):
        project.revision(f"r{number}")

    done = run()

    assert done.rc == 0
    assert done.is_stock
    assert not {"phases", "settings", "guard.preparation"} & done.modules
    ours = [each for each in done.statements if "alembic_version" not in each]
    assert sum("pg_catalog.to_regclass" in each for each in ours) == 1
    assert project.current == ["r8"]


def test_guard_stops_a_stock_call(project, run, users):
    project.revision("r1")
    project.revision("r2", DROP)

    done = run()

    assert done.rc
    assert "drop-column" in done.output
    assert done.is_stock


@pytest.mark.parametrize("where", ["phase", "downgrade", "env.py", "settings", "-x"])
def test_project_that_names_the_package_is_no_stock_project(project, run, where):
    if where == "env.py":
        project.edit_env("\nconfig =", "\n# alembic_zdt checks this\nconfig =")
    if where == "settings":
        project.settings(guard="warn")
    project.revision(
        "r1",
        downgrade=DROP_INDEX if where == "downgrade" else "pass",
        variables={"zdt_phase": "expand"} if where == "phase" else {},
    )

    done = run(*(["-x", "zdt.guard=off"] if where == "-x" else []))

    assert done.rc == 0
    assert not done.is_stock


def test_revision_gets_its_row_where_there_is_a_log(project, db, run):
    project.revision("r1", variables={"zdt_phase": "expand"})
    run()
    project.revision("r1")
    project.revision("r2")

    assert not run().is_stock
    rows = db.column("SELECT revision FROM alembic_zdt_revision ORDER BY 1")
    assert rows == ["r1", "r2"]


def test_files_that_cannot_be_read_may_name_the_package(project, run):
    """Compiled files without their source."""
    settings = project.ini.read_text()
    told = settings.replace("[alembic]\n", "[alembic]\nsourceless = true\n")
    project.write(project.ini, told)
    source = project.revision("r1", variables={"zdt_phase": "expand"})
    py_compile.compile(str(source), cfile=str(source.with_suffix(".pyc")))
    source.unlink()

    done = run()

    assert done.rc == 0, done.output
    assert not done.is_stock
    assert project.db.column("SELECT revision FROM alembic_zdt_revision") == ["r1"]


def test_directive_that_another_module_calls_ends_the_stock_run(
    project, db, run, users
):
    project.write(
        project.folder / "helping.py",
        "from alembic import op\n\n"
        "def call(name, *arguments):\n    getattr(op, name)(*arguments)\n",
    )
    words = '"create_index_" "concurrently", "ix", "users", ["age"]'
    project.revision("r1", f"import helping\nhelping.call({words})")
    project.revision("r2")

    done = run()

    assert done.rc == 0, done.output
    assert not done.is_stock
    assert db.indexes("users") == ["ix", "users_pkey"]
