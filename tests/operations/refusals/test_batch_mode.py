"""Directives inside ``batch_alter_table()``."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import BatchModeError
from tests.support.messages import error_page, without_revision

VALUE = (
    "'email', 'a', 'b', existing_type=sa.Enum('a', name='kind'),"
    " new_column_name='mail', new_enum_name='sort'"
)
REMOVED = "'email', 'a', existing_type=sa.Enum('a', 'b', name='kind')"
CALLS = {
    "create_index_concurrently": '"ix", ["email"], unique=True',
    "drop_index_concurrently": '"ix"',
    "reindex_concurrently": '"ix"',
    "replace_index_concurrently": '"ix", ["email"]',
    "add_not_null_two_phase": '"email"',
    "drop_not_null": '"email"',
    "alter_column_safely": '"email", server_default="x"',
    "rename_index_safely": '"ix", "ix2"',
    "rename_constraint_safely": '"ck", "ck2"',
    "create_check_constraint_two_phase": '"ck", "id > 0"',
    "create_foreign_key_two_phase": '"fk", "users", ["id"], ["id"]',
    "validate_constraint": '"ck"',
    "create_unique_constraint_concurrently": '"uq", ["email"]',
    "create_primary_key_concurrently": '"pk", ["email"]',
    "drop_constraint_safely": '"ck"',
    "add_enum_value": '"mood", "fine"',
    "expand_rename_column": '"email", "mail"',
    "migrate_rename_column": '"email", "mail"',
    "contract_rename_column": '"email", "mail"',
    "expand_alter_column_type": '"email", sa.String(9), existing_type=sa.Text()',
    "migrate_alter_column_type": '"email", sa.String(9)',
    "contract_alter_column_type": '"email", sa.String(9)',
    "expand_add_column": 'sa.Column("rank", sa.Integer())',
    "expand_drop_column": '"email"',
    "contract_drop_column": '"email"',
    "contract_drop_table": "",
    "remove_enum_value": REMOVED,
    "expand_rename_enum_value": VALUE,
    "migrate_rename_enum_value": VALUE,
    "contract_rename_enum_value": VALUE,
    "expand_rename_table": '"users", "people"',
    "contract_rename_table": '"users", "people"',
    "backfill": '{"email": "lower(email)"}, batch_size=5',
}
OUTSIDE = {
    "create_index_concurrently": "'ix', 'users', ['email'], unique=True",
    "drop_index_concurrently": "'ix', 'users'",
    "reindex_concurrently": "'ix', 'users'",
    "replace_index_concurrently": "'ix', 'users', ['email']",
    "add_not_null_two_phase": "'users', 'email'",
    "drop_not_null": "'users', 'email'",
    "alter_column_safely": "'users', 'email', server_default='x'",
    "rename_index_safely": "'ix', 'ix2'",
    "rename_constraint_safely": "'ck', 'users', 'ck2'",
    "create_check_constraint_two_phase": "'ck', 'users', 'id > 0'",
    "create_foreign_key_two_phase": "'fk', 'users', 'users', ['id'], ['id']",
    "validate_constraint": "'ck', 'users'",
    "create_unique_constraint_concurrently": "'uq', 'users', ['email']",
    "create_primary_key_concurrently": "'pk', 'users', ['email']",
    "drop_constraint_safely": "'ck', 'users'",
    "add_enum_value": "'mood', 'fine'",
    "expand_rename_column": "'users', 'email', 'mail'",
    "migrate_rename_column": "'users', 'email', 'mail'",
    "contract_rename_column": "'users', 'email', 'mail'",
    "expand_alter_column_type": (
        "'users', 'email', sa.String(length=9), existing_type=sa.Text()"
    ),
    "migrate_alter_column_type": "'users', 'email', sa.String(length=9)",
    "contract_alter_column_type": "'users', 'email', sa.String(length=9)",
    "expand_add_column": "'users', sa.Column('rank', sa.Integer())",
    "expand_drop_column": "'users', 'email'",
    "contract_drop_column": "'users', 'email'",
    "contract_drop_table": "'users'",
    "remove_enum_value": f"'users', {REMOVED}",
    "expand_rename_enum_value": f"'users', {VALUE}",
    "migrate_rename_enum_value": f"'users', {VALUE}",
    "contract_rename_enum_value": f"'users', {VALUE}",
    "expand_rename_table": "'users', 'people'",
    "contract_rename_table": "'users', 'people'",
    "backfill": "'users', {'email': 'lower(email)'}, batch_size=5",
}


@pytest.fixture
def users(db):
    """Create the table."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")


def test_every_directive_is_tried():
    """A new directive must say what it does in a batch."""
    from alembic_zdt.directives import DIRECTIVES

    assert set(CALLS) == set(DIRECTIVES)


@pytest.mark.parametrize("recreate", ["auto", "always", "never"])
@pytest.mark.parametrize("name", CALLS)
def test_directive_in_a_batch_is_refused(db, project, users, name, recreate):
    """Whatever the batch does, nothing is changed, and the message says what to do."""
    project.revision(
        "r1",
        f'with op.batch_alter_table("users", recreate={recreate!r}) as batch:\n'
        '    batch.add_column(sa.Column("age", sa.Integer))\n'
        f"    batch.{name}({CALLS[name]})",
    )
    before = db.catalog()

    with pytest.raises(BatchModeError) as caught:
        project.upgrade()

    assert without_revision(str(caught.value)) == (
        f'cannot run {name}() on "users" inside batch_alter_table()\n'
        "detail: A batch collects changes and runs them together at its end; this "
        "directive commits each of its steps on its own.\n"
        f"hint: Move the call out of the batch: op.{name}({OUTSIDE[name]}).\n"
        f"docs: {error_page('batch-mode')}"
    )
    assert db.catalog() == before


def test_schema_of_the_batch_is_in_the_hint(db, project, users):
    """The call outside of the batch must name it, too."""
    project.revision(
        "r1",
        f'with op.batch_alter_table("users", schema={db.schema!r}) as batch:\n'
        '    batch.drop_not_null("email")',
    )

    with pytest.raises(BatchModeError) as caught:
        project.upgrade()

    call = f"op.drop_not_null('users', 'email', schema={db.schema!r})"
    assert caught.value.hint == f"Move the call out of the batch: {call}."


def test_command_line_prints_one_failure(db, project, users):
    """No traceback, exit code 255."""
    project.revision(
        "r1",
        'with op.batch_alter_table("users") as batch:\n'
        '    batch.add_not_null_two_phase("email")',
    )

    done = project.cli("upgrade", "head")

    assert done.rc == 255
    assert "Traceback" not in done.output
    assert done.output.count("FAILED: cannot run add_not_null_two_phase()") == 1
