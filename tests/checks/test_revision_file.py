"""What is found in a revision as a whole: its functions, its place, its models."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.lint import lint

TABLE = 'op.create_table("orders", sa.Column("id", sa.Integer()))'
COLUMN = 'op.drop_column("users", "email")'
COROUTINE = "import asyncio\nasync def main():\n    pass"
MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("email", sa.Text()))
sa.Table("Order", metadata, sa.Column("id", sa.Integer()), schema="shop")
"""


def ids(project, **options):
    return [each.check for each in lint(project.config(), **options).findings]


@pytest.mark.parametrize(
    ("downgrade", "expected"),
    [
        ("pass", ["empty-downgrade"]),
        ('"""There is no way back."""', ["empty-downgrade"]),
        ("...", ["empty-downgrade"]),
        ("return None", ["empty-downgrade"]),
        ('op.irreversible("gone")', []),
        ("raise NotImplementedError", []),
        ('op.drop_table("orders")', []),
    ],
)
def test_downgrade_that_is_empty(project, downgrade, expected):
    project.revision("r1", TABLE, downgrade)

    found = lint(project.config()).findings

    assert [each.check for each in found] == expected
    lines = project.scripts()[0].read_text().splitlines()
    assert all(lines[each.line - 1] == "def downgrade():" for each in found)


def test_nothing_to_take_back(project):
    """As in a revision that only merges two others."""
    project.revision("r1", "pass", "pass")

    assert ids(project) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('op.backfill("users", {"a": "1"})', []),
        ('op.add_enum_value("mood", "calm")', []),
        ('op.contract_drop_column("users", "a")', ["empty-downgrade"]),
        ('op.validate_constraint("ck", "users")', []),
        ('op.migrate_rename_column("users", "a", "b")', []),
        ('op.backfill("users", {"a": "1"})\nop.drop_not_null("users", "a")', 1),
        ('op.execute("CREATE VIEW v AS SELECT 1")', ["empty-downgrade"]),
    ],
)
def test_directive_that_leaves_nothing_needs_no_way_back(project, body, expected):
    project.revision("r1", body, "pass")

    found = ids(project)

    assert found == expected or len(found) == expected


def test_way_back_is_not_told_twice(project):
    project.revision("r1", TABLE, "pass")

    assert ids(project, downgrade=True) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"{COROUTINE}\nasyncio.run(main())", ["event-loop"]),
        (
            "def fill(loop):\n    loop.run_until_complete(None)",
            ["event-loop"],
        ),
        ("def run():\n    pass\nrun()", []),
        ('op.execute("SELECT 1")  # not asyncio.run()', []),
    ],
)
def test_event_loop(project, body, expected):
    project.revision("r1", body)

    assert ids(project) == expected


def test_await_only_is_found_though_it_fails_here(project):
    body = "from sqlalchemy.util import await_only\nawait_only(None)"
    project.revision("r1", body)

    assert ids(project) == ["event-loop"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("asyncio.run(main())", "asyncio.run() fails where an event loop runs already"),
        ("await_only(main())", "await_only() fails unless env.py runs an async driver"),
        (
            "asyncio.ensure_future(main())",
            "asyncio.ensure_future() starts a task that the upgrade does not wait for",
        ),
    ],
)
def test_event_loop_explains_what_fails(project, call, words):
    project.revision("r1", f"{COROUTINE}\nif not COROUTINE:\n    {call}")

    (found,) = lint(project.config()).findings

    assert found.message == words


def test_two_heads(project):
    project.revision("r1", "pass")
    project.revision("r2", "pass")
    project.revision("r3", "pass", down_revision="r1")

    found = lint(project.config()).findings

    assert sorted((each.check, each.revision) for each in found) == [
        ("multiple-heads", "r2"),
        ("multiple-heads", "r3"),
    ]


def test_branches_with_labels_are_meant(project):
    project.revision("r1", "pass", branch_labels=("one",))
    project.revision("r2", "pass", down_revision=None, branch_labels=("two",))

    assert ids(project) == []


@pytest.fixture
def modelled(project):
    """Let env.py name the models."""
    project.models(MODELS)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (COLUMN, ["drop-column", "drop-modelled"]),
        ('op.drop_column("users", "email", schema="public")', 2),
        ('op.drop_column("users", "fax")', ["drop-column"]),
        ('op.drop_table("Order", schema="shop")', ["drop-modelled", "drop-table"]),
        ('op.drop_table("Order")', ["drop-table"]),
        ('op.execute("ALTER TABLE users DROP COLUMN email")', 2),
        ('op.contract_drop_column("users", "email")', []),
    ],
)
def test_what_the_models_still_name(project, modelled, body, expected):
    project.revision("r1", body)

    found = ids(project)

    assert sorted(found) == expected or len(found) == expected


@pytest.mark.parametrize(
    "again",
    [
        'op.add_column("users", sa.Column("email", sa.Text()))',
        'op.expand_add_column("users", sa.Column("email", sa.Text()))',
        'op.create_table("users", sa.Column("email", sa.Text()))',
    ],
)
def test_what_is_made_again_later_may_be_dropped(project, modelled, again):
    project.revision("r1", COLUMN)
    project.revision("r2", again)

    assert ids(project) == ["drop-column"]


@pytest.mark.parametrize(
    "call", ["create_all(op.get_bind())", "drop_all(op.get_bind())"]
)
def test_create_all(project, call):
    project.revision("r1", f"metadata = sa.MetaData()\nmetadata.{call}")

    assert "create-all" in ids(project)


def test_applied_revision_that_is_edited(db, project):
    column = 'op.expand_add_column("users", sa.Column("{}", sa.Integer()))'
    db.execute("CREATE TABLE users (id int)")
    for number in (1, 2):
        project.revision(f"r{number}", column.format(f"a{number}"))
    project.upgrade()
    path = project.scripts()[0]
    project.write(path, path.read_text().replace('"a1"', '"b"'))

    done = lint(project.config(), database=db.url("psycopg"))

    assert [(each.check, each.revision) for each in done.findings] == [
        ("edited-revision", "r1")
    ]


def test_comment_lets_it_be(project):
    project.revision("r1", TABLE, "pass  # zdt: ignore[empty-downgrade] a test")
    body = project.scripts()[0].read_text()
    line = "def downgrade():  # zdt: ignore[empty-downgrade] a test"
    text = body.replace("pass  # zdt: ignore[empty-downgrade] a test", "pass")
    project.write(project.scripts()[0], text.replace("def downgrade():", line))

    assert ids(project) == []
