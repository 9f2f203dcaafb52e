"""How env.py has set up Alembic, and what the files of revisions say."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.doctor import doctor
from alembic_zdt.doctor import env_py
from tests.support.project import HAS_PLUGINS

OURS = "from alembic_zdt import env\nenv.run()\n"
CONNECT = "connectable.connect() as connection:\n"
STATEMENT = {
    "psycopg": "        connection.exec_driver_sql('SELECT 1')\n",
    "asyncpg": "        await connection.exec_driver_sql('SELECT 1')\n",
}


def test_one_transaction_for_all_revisions(project, driver, diagnosed):
    ((severity, words),) = diagnosed("transactions")
    assert severity == "warning"
    assert "transaction_per_migration is off" in words

    project.write(project.env, OURS)
    assert diagnosed("transactions") == []


@pytest.mark.compat
def test_guard_sees_upgrade_where_alembic_loads_plugins(project, diagnosed):
    assert bool(diagnosed("guard")) is not HAS_PLUGINS


@pytest.mark.parametrize(
    "text",
    [
        "from alembic_zdt import op  # noqa: F401",
        "from alembic_zdt import env",
        "import alembic_zdt.op",
        "import alembic_zdt.env as body",
        "from alembic_zdt.env import run",
    ],
)
def test_guard_does_not_see_upgrade_before_alembic_1_18(
    project, diagnosed, monkeypatch, text
):
    """The line that the finding names changes that."""
    monkeypatch.setattr(env_py, "_loads_plugins", lambda: False)

    ((severity, words),) = diagnosed("guard")

    assert severity == "warning"
    assert "the guard does not see what alembic upgrade runs" in words
    assert "from alembic_zdt import op  # noqa: F401" in words
    project.write(project.env, f"{text}\n{project.env.read_text()}")
    assert diagnosed("guard") == []


def test_guard_that_is_off_need_not_see_anything(project, diagnosed, monkeypatch):
    monkeypatch.setattr(env_py, "_loads_plugins", lambda: False)
    project.settings(guard="off")

    assert diagnosed("guard") == []


def test_statement_before_configure(project, driver, diagnosed):
    """All would be rolled back in silence; everything else is looked at."""
    project.edit_env(CONNECT, CONNECT + STATEMENT[driver])

    ((severity, words),) = diagnosed("transactions")

    assert severity == "warning"
    assert "directives refuse to run in this transaction" in words
    assert "connection.commit()" in words
    unchecked = doctor(project.config()).unchecked
    assert list(unchecked) == ["transaction-pooler"]


def test_models_that_are_not_imported(db, project, driver, diagnosed):
    """Autogenerate would drop all tables."""
    project.models("from sqlalchemy import MetaData\nmetadata = MetaData()\n")
    assert diagnosed("models") == []
    db.execute("CREATE TABLE users (id int)")
    db.execute('CREATE TABLE "Old Orders" (id int)')

    ((severity, words),) = diagnosed("models")

    assert severity == "error"
    assert "target_metadata has no table, and the database has 2" in words
    assert "Import the modules" in words


def test_names_of_every_kind(db, project, new_schema, diagnosed):
    """Of the schema, and of the version table."""
    project.models("from sqlalchemy import MetaData\nmetadata = MetaData()\n")
    project.configure(version_table='It\'s "a" {x,y} 100%')
    db.execute("CREATE TABLE users (id int)")

    ((_, words),) = diagnosed("models")

    assert "the database has 1" in words


def test_row_below_a_head_of_another_table(db, project, new_schema, diagnosed):
    schema = new_schema()
    project.configure(version_table="Versions Of Us", version_table_schema=schema)
    project.revision("r1", "op.execute('SELECT 1')")
    project.revision("r2", "op.execute('SELECT 1')")
    project.upgrade()
    db.execute(f"INSERT INTO {schema}.\"Versions Of Us\" VALUES ('r1')")

    ((_, words),) = diagnosed("revisions")

    (statement,) = [line for line in words.splitlines() if line.startswith("DELETE")]
    db.execute(statement)
    assert diagnosed("revisions") == []


def test_own_tables_are_no_models(project, diagnosed):
    """That of the versions, of the log, and of backfills."""
    project.models("from sqlalchemy import MetaData\nmetadata = MetaData()\n")
    project.revision(
        "r1",
        'op.execute("CREATE TABLE IF NOT EXISTS t (a int)")\n'
        'op.backfill("t", {"a": "1"})\nop.execute("DROP TABLE t")',
    )
    project.upgrade()

    assert diagnosed("models") == []


def test_no_models(project, diagnosed):
    ((severity, words),) = diagnosed("models")

    assert severity == "note"
    assert "env.py names no models" in words


def test_several_heads(project, diagnosed):
    project.revision("r1", "op.execute('SELECT 1')")
    project.revision("r2", "op.execute('SELECT 1')")
    project.last = "r1"
    project.revision("r3", "op.execute('SELECT 1')")

    ((severity, words),) = diagnosed("revision-files")

    assert severity == "warning"
    assert "there are several heads: r2, r3" in words
    assert 'alembic-zdt merge -m "merge" r2 r3' in words


def test_revision_without_a_file(db, project, diagnosed):
    project.revision("r1", "op.execute('SELECT 1')")
    project.upgrade()
    db.execute("UPDATE alembic_version SET version_num = 'newer'")

    ((severity, words),) = diagnosed("revisions")

    assert severity == "error"
    assert "the database is at newer, which has no file here" in words
    assert "git log --all -- '*newer*'" in words


def test_row_below_a_head(db, project, driver, diagnosed):
    project.revision("r1", "op.execute('SELECT 1')")
    project.revision("r2", "op.execute('SELECT 1')")
    project.revision("r3", "op.execute('SELECT 1')")
    project.upgrade()
    db.execute("INSERT INTO alembic_version VALUES ('r1')")

    ((severity, words),) = diagnosed("revisions")

    assert severity == "error"
    assert "the version table has r1, and a revision above it" in words
    (statement,) = [line for line in words.splitlines() if line.startswith("DELETE")]
    db.execute(statement)
    assert diagnosed("revisions") == []


def test_pending_revisions(project, diagnosed):
    project.revision("r1", "op.execute('SELECT 1')")
    project.revision("r2", "op.execute('SELECT 1')")

    ((severity, words),) = diagnosed("revisions")

    assert severity == "note"
    assert "2 revisions are pending" in words
