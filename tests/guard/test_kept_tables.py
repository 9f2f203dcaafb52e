"""What migrations note in the database is neither dropped nor renamed by one."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.lint import lint
from alembic_zdt.errors import DependentObjectsError, UnsafeOperationError

LOG, JOURNAL, SLICES = (
    "alembic_zdt_revision",
    "alembic_zdt_backfill",
    "alembic_zdt_backfill_slice",
)
DIRECTIVES = {
    "drop": f"op.contract_drop_table('{LOG}')",
    "drop-of-version-table": "op.contract_drop_table('alembic_version')",
    "rename": f"op.expand_rename_table('{JOURNAL}', 'jobs')",
    "rename-to-it": f"op.expand_rename_table('users', '{SLICES}')",
    "column": f"op.contract_drop_column('{SLICES}', 'state')",
    "rename-of-column": f"op.expand_rename_column('{JOURNAL}', 'state', 'status')",
    "index": f"op.create_index_concurrently('i', '{JOURNAL}', ['state'])",
    "foreign-key": (
        f"op.create_foreign_key_two_phase('f', 'users', '{LOG}', ['id'], ['revision'])"
    ),
    "backfill": f"op.backfill('{LOG}', {{'phase': 'NULL'}})",
}
STOCK = {
    "drop": f"op.drop_table('{LOG}')",
    "drop-of-version-table": "op.drop_table('alembic_version')",
    "drop-in-sql": f"op.execute('DROP TABLE users, {SLICES}')",
    "rename": f"op.rename_table('{JOURNAL}', 'jobs')",
    "move": f"op.execute('ALTER TABLE {LOG} SET SCHEMA pg_temp')",
    "empty": f"op.execute('TRUNCATE {JOURNAL}')",
    "column": f"op.drop_column('{LOG}', 'phase')",
    "rename-of-column": f"op.alter_column('{LOG}', 'phase', new_column_name='p')",
    "batch": f"with op.batch_alter_table('{LOG}') as b:\n    b.drop_column('phase')",
}


@pytest.fixture
def noted(db, project):
    """A database with all these tables, and a revision that is to follow."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, name text)")
    project.revision("r1", "op.backfill('users', {'name': \"'a'\"})")
    project.upgrade()

    def then(body):
        project.revision("r2", body)
        return project

    return then


@pytest.mark.parametrize("call", DIRECTIVES.values(), ids=DIRECTIVES)
def test_no_directive_changes_them(db, noted, call):
    project = noted(call)
    before = db.catalog()

    for way in (project.upgrade, project.sql):
        with pytest.raises(DependentObjectsError, match="migrations need "):
            way()

    assert db.catalog() == before
    assert "own-table" in {each.check for each in lint(project.config()).findings}


@pytest.mark.parametrize("body", STOCK.values(), ids=STOCK)
def test_stock_operations_are_stopped_too(db, noted, body):
    project = noted(body)
    before = db.catalog()

    with pytest.raises(UnsafeOperationError, match=r"\(own-table\): migrations need"):
        project.upgrade()

    assert db.catalog() == before
    assert "own-table" in {each.check for each in lint(project.config()).findings}


def test_names_of_the_settings_count(db, noted):
    project = noted("op.drop_table('notes_of_runs')")
    project.settings(log_table="notes_of_runs")

    with pytest.raises(UnsafeOperationError, match="need table notes_of_runs"):
        project.upgrade()

    assert [each.check for each in lint(project.config()).findings][-1] == "own-table"


def test_maintenance_and_a_reason_let_it_pass(db, noted):
    project = noted(
        f"op.reindex_concurrently(table_name='{LOG}')\n"
        f"op.execute('DELETE FROM {JOURNAL}')\n"
        "with op.safety_assured('the package goes'):\n"
        f"    op.drop_table('{SLICES}')"
    )

    project.upgrade()

    assert not db.exists(SLICES)
