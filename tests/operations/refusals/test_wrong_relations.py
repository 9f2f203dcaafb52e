"""Views, foreign tables, sequences and temporary tables where a table is needed."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import WrongObjectTypeError
from tests.support.messages import error_page, without_revision

CALLS = {
    "create-index": 'op.create_index_concurrently("ix", "thing", ["email"])',
    "drop-index": 'op.drop_index_concurrently("ix", "thing", if_exists=True)',
    "reindex": 'op.reindex_concurrently(table_name="thing")',
    "replace-index": 'op.replace_index_concurrently("ix", "thing", ["email"])',
    "not-null": 'op.add_not_null_two_phase("thing", "email")',
    "drop-not-null": 'op.drop_not_null("thing", "email")',
    "check": 'op.create_check_constraint_two_phase("ck", "thing", "id > 0")',
    "foreign-key": (
        'op.create_foreign_key_two_phase("fk", "thing", "users", ["id"], ["id"])'
    ),
    "foreign-key-parent": (
        'op.create_foreign_key_two_phase("fk", "users", "thing", ["id"], ["id"])'
    ),
    "validate": 'op.validate_constraint("ck", "thing")',
    "drop-constraint": 'op.drop_constraint_safely("ck", "thing")',
    "unique": 'op.create_unique_constraint_concurrently("uq", "thing", ["email"])',
    "primary-key": 'op.create_primary_key_concurrently("pk", "thing", ["email"])',
}
MOOD = 'existing_type=sa.Enum("sad", "ok", name="mood")'
OTHERS = {
    "alter": 'op.alter_column_safely("thing", "email", server_default="x")',
    "rename-constraint": 'op.rename_constraint_safely("ck", "thing", "kc")',
    "backfill": 'op.backfill("thing", {"email": "\'x\'"})',
    "add-column": 'op.expand_add_column("thing", sa.Column("a", sa.Integer()))',
    "expand-drop": 'op.expand_drop_column("thing", "email")',
    "contract-drop": 'op.contract_drop_column("thing", "email")',
    "drop-table": 'op.contract_drop_table("thing")',
    "expand-rename": 'op.expand_rename_column("thing", "email", "mail")',
    "migrate-rename": 'op.migrate_rename_column("thing", "email", "mail")',
    "contract-rename": 'op.contract_rename_column("thing", "email", "mail")',
    "expand-type": 'op.expand_alter_column_type("thing", "id", sa.Text())',
    "migrate-type": 'op.migrate_alter_column_type("thing", "id", sa.Text())',
    "contract-type": 'op.contract_alter_column_type("thing", "id", sa.Text())',
    "remove-value": f'op.remove_enum_value("thing", "email", "sad", {MOOD})',
    **{
        f"{phase}-value": f'op.{phase}_rename_enum_value("thing", "email", "sad", "x",'
        f' {MOOD}, new_column_name="m", new_enum_name="n")'
        for phase in ("expand", "migrate", "contract")
    },
}
ON_INDEXES = ("create-index", "drop-index", "reindex", "replace-index")
KINDS = {
    "a view": "CREATE VIEW thing AS SELECT * FROM users",
    "a sequence": "CREATE SEQUENCE thing",
    "a materialized view": "CREATE MATERIALIZED VIEW thing AS SELECT * FROM users",
}


@pytest.fixture
def users(db):
    """Create the table."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", CALLS)
def test_relation_that_is_no_table_is_refused(db, project, users, kind, call):
    """It says what it is; materialized views can have indexes, though."""
    db.execute(KINDS[kind])
    before = db.catalog()
    project.revision("r1", CALLS[call])
    if kind == "a materialized view" and call in ON_INDEXES:
        project.upgrade()
        return

    with pytest.raises(WrongObjectTypeError) as caught:
        project.upgrade()

    also = " or a materialized view" if call in ON_INDEXES else ""
    assert without_revision(str(caught.value)) == (
        f'"thing" is {kind}, not a table\n'
        f"detail: Only a table{also} can be changed in this way.\n"
        "hint: Name the table that stores the rows.\n"
        f"docs: {error_page('wrong-object-type')}"
    )
    assert db.catalog() == before


@pytest.mark.parametrize("call", ["create-index", "not-null", "check", "reindex"])
def test_temporary_table_of_the_same_revision(db, project, driver, users, call):
    """It belongs to the session, and works like any other."""
    temporary = 'op.execute("CREATE TEMPORARY TABLE thing (id int, email text)")'
    project.revision("r1", f"{temporary}\n{CALLS[call]}")

    project.upgrade()

    assert project.current == ["r1"]


@pytest.mark.parametrize("call", ["create-index", "not-null", "check", "unique"])
def test_unlogged_table(db, project, users, call):
    """It works like any other."""
    db.execute("CREATE UNLOGGED TABLE thing (id int, email text)")
    project.revision("r1", CALLS[call])

    project.upgrade()

    assert project.current == ["r1"]


def test_command_line_prints_one_failure(db, project, users):
    """No traceback, exit code 255."""
    db.execute(KINDS["a view"])
    project.revision("r1", CALLS["not-null"])

    done = project.cli("upgrade", "head")

    assert done.rc == 255
    assert "Traceback" not in done.output
    assert done.output.count('FAILED: "thing" is a view, not a table') == 1


@pytest.mark.parametrize("call", OTHERS)
def test_view_is_refused_by_every_other_directive(db, project, users, call):
    db.execute(KINDS["a view"])
    project.revision("r1", OTHERS[call])

    with pytest.raises(WrongObjectTypeError, match='"thing" is a view'):
        project.upgrade()
