"""What a run imports and reads, it does while no transaction is open."""

from __future__ import annotations

import ast
import json
import os

import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import event
from sqlalchemy.pool import Pool

from tests.support.project import HAS_PLUGINS, Running

pytestmark = pytest.mark.skipif(not HAS_PLUGINS, reason="Alembic loads no plugins")

WATCHED = """
import json, sys
from importlib.abc import MetaPathFinder
assert not any(name.startswith("alembic") for name in sys.modules)

open_at = []
connections = []

class Finder(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {"alembic_zdt", "postgast", "rich"}:
            if any(each.info.transaction_status in {1, 2, 3} for each in connections):
                open_at.append(name)
        return None

sys.meta_path.insert(0, Finder())
from alembic.config import main
from sqlalchemy import event
from sqlalchemy.pool import Pool
event.listen(Pool, "connect", lambda raw, _record: connections.append(raw))
try:
    main(argv=sys.argv[2:])  # behind -c and this code
finally:
    print("connected", len(connections), "imported", json.dumps(open_at))
"""

IMPATIENT = {"PGOPTIONS": "-c idle_in_transaction_session_timeout=100ms"}
ENDED = "idle-in-transaction timeout"
RENAME = '"users", "email", "mail"'
BODIES = {
    "nothing": "pass",
    "stock": 'op.add_column("users", sa.Column("note", sa.Text()))',
    "stock of a new table": 'op.create_table("new", sa.Column("id", sa.Integer()))',
    "sql": 'op.execute("UPDATE users SET age = 1 WHERE id = 1")',
    "batch": (
        'with op.batch_alter_table("users") as batch:\n'
        '    batch.add_column(sa.Column("note", sa.Text()))'
    ),
    "index": 'op.create_index_concurrently("ix", "users", ["email"])',
    "backfill": 'op.backfill("users", {"age": "0"}, where="age IS NULL")',
    "type": 'op.expand_alter_column_type("users", "age", sa.BigInteger())',
    "assured": (
        'with op.safety_assured("not used"):\n    op.drop_column("users", "age")'
    ),
}


@pytest.fixture
def imported(project, forkers):
    """Run a command in a process of its own; return what it imported too late.

    The process has SQLAlchemy, but neither Alembic nor this package.  The server ends a
    session that is idle in a transaction for 100 ms.
    """

    def run(*arguments):
        call = [WATCHED, "-c", str(project.ini), *arguments]
        for _ in range(4):  # on a busy machine somebody else may have the processor
            environment = os.environ | IMPATIENT
            running = forkers["-c"].start(call, project.folder, environment)
            done = Running(running).wait()
            if ENDED not in done.output:
                break
        done.ok()
        assert "connected 0" not in done.stdout
        return json.loads(done.stdout.rpartition("imported ")[2])

    return run


@pytest.mark.parametrize("body", BODIES)
def test_upgrade_imports_before_its_transaction(project, imported, big, body):
    project.settings(small_table_rows="10", guard="warn")
    project.revision("r1", BODIES[body])

    assert imported("upgrade", "head") == []


@pytest.mark.parametrize("body", ["nothing", "stock", "sql", "batch"])
def test_stock_project_imports_before_its_transaction(project, imported, db, body):
    """Nothing of the project names this package, not even a setting."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, age int)")
    db.execute("INSERT INTO users SELECT n FROM generate_series(1, 20000) n")
    db.execute("ANALYZE users")
    project.revision("r1", BODIES[body])

    assert imported("upgrade", "head") == []


def test_hidden_call_on_a_small_table_imports_before_its_transaction(
    project, imported, db
):
    """The code does not show that it drops a column, which this session may read."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, age int)")
    project.settings(guard="warn")
    project.revision("r1", 'getattr(op, "drop_" + "column")("users", "age")')

    assert imported("upgrade", "head") == []
    assert db.columns("users") == ["id"]


def test_upgrade_in_phases_imports_before_its_transaction(project, imported, big):
    for phase in ("expand", "migrate", "contract"):
        project.revision(phase, f"op.{phase}_rename_column({RENAME})")

        assert imported("upgrade", "head") == []


@pytest.mark.parametrize("body", ["stock", "index"])
def test_env_run_imports_before_its_transactions(project, imported, big, body):
    """Each revision has a transaction of its own."""
    url = project.db.url()
    project.write(project.env, f"from alembic_zdt import env\n\nenv.run(url={url!r})\n")
    project.settings(small_table_rows="10", guard="warn")
    project.revision("r1", BODIES[body])
    project.revision("r2", BODIES["sql"])

    assert imported("upgrade", "head") == []


def test_transaction_of_env_imports_before_it(project, imported, big):
    """A statement between begin_transaction() and run_migrations() has begun it."""
    lock = 'context.execute("SELECT pg_advisory_xact_lock(1)")'
    run = "            context.run_migrations()"
    project.edit_env(run, f"            {lock}\n{run}")
    project.settings(small_table_rows="10", guard="warn")
    project.revision("r1", BODIES["sql"])

    assert imported("upgrade", "head") == []


@pytest.mark.parametrize("body", ["stock", "nothing"])
def test_upgrade_in_the_log_imports_before_its_transaction(
    project, imported, big, body
):
    """Once there is a log, each revision gets a row with a hash of its file."""
    project.revision("r0", BODIES["index"])
    project.upgrade()
    project.revision("r1", BODIES[body])

    assert imported("upgrade", "head") == []
    rows = project.db.column("SELECT revision FROM alembic_zdt_revision ORDER BY 1")
    assert rows == ["r0", "r1"]


def test_files_are_parsed_before_the_transaction(project, big, monkeypatch):
    """A file of thousands of rows takes a second."""
    raw, seen, parse = [], [], ast.parse

    def connected(connection, _record):
        raw.append(connection)

    def parsed(*arguments, **kw):
        if raw and str(arguments[0]).find("down_revision") > 0:
            seen.append(raw[-1].info.transaction_status)
        return parse(*arguments, **kw)

    monkeypatch.setattr(ast, "parse", parsed)
    event.listen(Pool, "connect", connected)
    try:
        project.revision("r1", BODIES["index"])
        project.upgrade()
        project.revision("r2", BODIES["stock"])
        project.upgrade(x=["zdt.guard=off"])
    finally:
        event.remove(Pool, "connect", connected)

    assert set(seen) == {TransactionStatus.IDLE}
    assert len(seen) >= 3


def test_downgrade_imports_before_its_transaction(project, imported, big):
    project.revision(
        "r1",
        'op.create_index("ix", "users", ["email"])',
        'op.drop_index_concurrently("ix", "users")',
    )
    project.upgrade(x=["zdt.guard=off"])

    assert imported("downgrade", "base") == []


def test_comparison_imports_before_its_transaction(project, imported):
    models = (
        "metadata = sa.MetaData()\n"
        'sa.Table("users", metadata, sa.Column("id", sa.{}, primary_key=True),\n'
        '    sa.Column("age", sa.{}))\n'
    )
    project.models(models.format("Integer", "Integer"))

    assert imported("revision", "--autogenerate", "-m", "users") == []
    project.upgrade()
    assert imported("check") == []
    project.models(models.format("Integer", "BigInteger"))
    project.rewriting()
    assert imported("revision", "--autogenerate", "-m", "age") == []
