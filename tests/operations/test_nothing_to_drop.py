"""A drop that finds nothing is an error, unless an earlier run has dropped it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from alembic_zdt.commands.lint import lint
from alembic_zdt.commands.plan import make_plan
from alembic_zdt.errors import UndefinedObjectError

TABLES = """
CREATE TABLE users (id int PRIMARY KEY, email text, age int,
    CONSTRAINT ck_age CHECK (age > 0));
CREATE INDEX ix_email ON users (email);
CREATE TABLE old_users (id int)"""
DROPS = {
    "index": (
        'op.drop_index_concurrently("ix_email", "users"{})',
        'Table "users" has ix_email, users_pkey.',
    ),
    "index alone": (
        'op.drop_index_concurrently("ix_email"{})',
        "The indexes here: ",
    ),
    "constraint": (
        'op.drop_constraint_safely("ck_age", "users"{})',
        'Table "users" has ck_age, ',
    ),
    "column": (
        'op.contract_drop_column("users", "age"{})',
        'Table "users" has age, email, id, n.',
    ),
    "table": (
        'op.contract_drop_table("old_users"{})',
        "The search_path has alembic_version, alembic_zdt_revision, old_users, users.",
    ),
}
EACH = [kind for kind in DROPS if kind != "index alone"]
ADD = 'op.expand_add_column("users", sa.Column("n", sa.Integer()))'


@pytest.fixture
def tables(db):
    db.execute(TABLES)


def of(kind, wrong="", more=""):
    call = DROPS[kind][0].format(more)
    for name in ("ix_email", "ck_age", "old_users", '"age'):
        call = call.replace(name, f"{name}{wrong}")
    return call


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("kind", DROPS)
def test_name_that_is_wrong(db, project, tables, kind, driver):
    """Also when the same command is run again, and after a change that was made."""
    project.revision("r1", f"{ADD}\n{of(kind, '_x')}")

    for _ in range(2):
        with pytest.raises(UndefinedObjectError) as caught:
            project.upgrade()

        found = caught.value
        assert found.primary.startswith("cannot drop ")
        assert found.primary.endswith(" does not exist")
        assert found.detail.startswith(DROPS[kind][1])
        call = of(kind, "_x", ", if_exists=True").replace('"', "'")
        call = call.replace("email_x', 'users'", "email_x', table_name='users'")
        assert f"Correct the name, or write {call}." in found.hint
    project.revision("r1", f"{ADD}\n{of(kind)}")
    project.upgrade()
    assert project.current == ["r1"]


def test_expand_of_a_drop_that_finds_no_column(project, tables):
    project.revision("r1", f'{ADD}\nop.expand_drop_column("users", "agee")')

    with pytest.raises(UndefinedObjectError) as caught:
        project.upgrade()

    assert caught.value.primary == (
        'cannot let rows be inserted without "users.agee": the column does not exist'
    )
    assert caught.value.detail == 'Table "users" has age, email, id, n.'
    call = "op.expand_drop_column('users', 'agee', if_exists=True)"
    assert caught.value.hint == f"Correct the name, or write {call}."


def test_both_phases_of_a_drop_after_an_interruption(db, project, tables):
    both = 'op.expand_drop_column("users", "age")\n' + of("column")
    project.revision("r1", f'{both}\nop.execute("SELECT 1 / 0")')
    with pytest.raises(sa.exc.DBAPIError):
        project.upgrade()

    project.revision("r1", both)
    project.upgrade()

    assert db.columns("users") == ["id", "email"]


PLANNED = [
    *(call.format("").replace("ix_email", "nope") for call, _ in DROPS.values()),
    'op.expand_drop_column("users", "nope")',
    'op.contract_rename_column("users", "nope", "mail")',
    'op.migrate_alter_column_type("users", "nope", sa.Text())',
    'op.contract_alter_column_type("users", "nope", sa.Text())',
    'op.expand_rename_table("nope", "yes")',
    'op.contract_rename_table("nope", "yes")',
    'op.rename_constraint_safely("nope", "users", "yes")',
    'op.rename_index_safely("nope", "yes")',
]


def test_plan_tells_that_a_call_finds_nothing(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    for call in PLANNED:
        project.revision("r1", call)
        (planned,) = make_plan(project.config(), None).revisions[0].operations

        assert planned.note.startswith("refused with the database as it is: "), call
        assert True not in [step.done for step in planned.steps]


def test_plan_knows_what_the_steps_before_make(project, tables):
    project.revision(
        "r1",
        f"{ADD}\n"
        'op.contract_drop_column("users", "n")\n'
        'op.create_index_concurrently("ix_n", "users", ["age"])\n'
        'op.drop_index_concurrently("ix_n")\n'
        'op.contract_drop_table("nope", if_exists=True)',
    )

    calls = make_plan(project.config(), None).revisions[0].operations

    assert [each.note for each in calls] == [""] * 5


def every(wrong="", more=""):
    return "\n".join(of(kind, wrong, more) for kind in EACH)


def test_option_lets_it_pass(db, project, tables):
    project.revision("r1", every("_x", ", if_exists=True"))

    project.upgrade()

    assert project.current == ["r1"]
    assert db.columns("users") == ["id", "email", "age"]


def test_run_after_an_interruption_finishes(db, project, tables, driver):
    """All drops were done, and the end of their revision was not."""
    project.revision("r1", f'{every()}\nop.execute("SELECT 1 / 0")')
    with pytest.raises(sa.exc.DBAPIError):
        project.upgrade()
    assert (project.current, db.columns("users")) == ([], ["id", "email"])

    project.revision("r1", f'{every()}\nop.execute("SELECT 1")')
    project.upgrade()

    assert project.current == ["r1"]


def test_other_way_after_an_interruption_finishes(project, tables):
    """The upgrade has not made yet what the downgrade drops."""
    project.revision("r0")
    project.revision("r1", f'{ADD}\nop.execute("x")', every("_x"))
    project.upgrade("r0")
    with pytest.raises(sa.exc.DBAPIError):
        project.upgrade()

    project.downgrade("base")

    assert project.current == []


def test_script_passes_it_over(project, tables):
    """A script cannot know what an earlier run of it has done."""
    project.revision("r1", every("_x"))

    project.psql(project.sql()).ok()

    assert project.current == ["r1"]


def test_stock_option_is_suggested(project):
    project.revision(
        "r1",
        'op.drop_index("ix", "users", if_exists=True)\n'
        'op.drop_column("users", "a", if_exists=True)\n'
        'op.drop_table("things", if_exists=True)\n'
        'op.execute("DROP INDEX IF EXISTS ix")\n'
        'op.execute("ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_fk")\n'
        'op.execute("ALTER TABLE orders DROP COLUMN IF EXISTS a")',
        'op.irreversible("a test")',
    )

    findings = lint(project.config()).findings
    suggestions = [each.suggestion for each in findings if each.suggestion]

    assert len(suggestions) > 4
    assert all("if_exists=True" in each for each in suggestions)
