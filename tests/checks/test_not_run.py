"""What a revision did not run is named, with its line and the reason."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.lint import lint

BIND = "bind = op.get_bind()\n"
SELECT = (
    'sa.select(sa.table("users", sa.column("id", sa.Integer), '
    'sa.column("name", sa.Text)))'
)
OTHERS = [
    'if bind.dialect.name == "sqlite":\n    op.drop_table("a")',
    'if bind.dialect.name in ("mysql", "mariadb"):\n    op.drop_table("a")',
    'if bind.dialect.name != "postgresql":\n    op.drop_table("a")',
    'if not bind.dialect.name.startswith("postgres"):\n    op.drop_table("a")',
    'own = bind.dialect.name == "postgresql"\nif not own:\n    op.drop_table("a")',
    'if bind.dialect.name == "oracle" and bind:\n    op.drop_table("a")',
    'if bind.dialect.name == "postgresql":\n    pass\nelse:\n    op.drop_table("a")',
    'if bind.dialect.name == "postgresql":\n    return\nop.drop_table("a")',
    'if bind.dialect.name != "mysql":\n    return\nop.drop_table("a")',
]
UNSEEN = [
    (
        'if bind.dialect.name == "postgresql" and bind.dialect.driver == "x":',
        "the condition of line {} is false here",
    ),
    ('if context.get_x_argument(as_dictionary=True).get("a"):', "is false here"),
    ('if __import__("os").environ.get("ZDT_NOT_SET"):', "is false here"),
    ("if context.is_offline_mode():", "is false here"),
    ("while bind.scalar(sa.text('SELECT 1')):", "the condition of line {} is false"),
    ("for each in context.get_x_argument():", "the loop of line {} has nothing"),
    ("if not sa.inspect(bind).has_table('a'):\n    return\nif True:", "leaves it out"),
]


@pytest.mark.parametrize("body", OTHERS)
def test_branch_for_another_database_is_named_and_costs_nothing(project, body):
    project.revision("r1", f"{BIND}{body}")

    done = lint(project.config())

    assert (done.unchecked, done.exit_code) == ((), 0)
    (left,) = done.other_databases
    lines = project.scripts()[0].read_text().splitlines()
    assert "op.drop_table" in lines[left.line - 1]
    assert "did not run" in left.reason


@pytest.mark.parametrize(("condition", "reason"), UNSEEN)
def test_branch_that_did_not_run_is_named(project, condition, reason):
    body = f'from alembic import context\n{BIND}{condition}\n    op.drop_table("a")'
    project.revision("r1", body)

    (left,) = lint(project.config()).unchecked

    assert reason.format(left.line - 1) in left.reason
    assert f"{left.line}" in left.reason


def test_branch_that_does_no_harm_is_not_named(project):
    body = (
        "import logging\nlogger = logging.getLogger()\n"
        'if op.get_bind().scalar(sa.text("SELECT 1")):\n'
        '    logger.info("there are %s", str(1))\n    raise RuntimeError("rows")'
    )
    project.revision("r1", body)

    assert lint(project.config()).unchecked == ()


def test_helper_of_the_project_is_looked_at(project):
    """Each call counts, because another one may take the other branch."""
    helpers = project.env.parent / "zdt_helpers.py"
    project.write(
        helpers,
        "from alembic import op\nimport sqlalchemy as sa\n\n\n"
        "def drop_if_there(name):\n"
        "    if sa.inspect(op.get_bind()).has_table(name):\n"
        "        op.drop_table(name)\n",
    )
    project.revision("r1", 'op.create_table("a", sa.Column("id", sa.Integer))')
    project.revision(
        "r2",
        f"import sys\nsys.path.insert(0, {str(helpers.parent)!r})\n"
        "from zdt_helpers import drop_if_there\n"
        'drop_if_there("a")\ndrop_if_there("b")',
    )

    done = lint(project.config())

    assert [found.check for found in done.findings] == ["drop-table"]
    (left,) = done.unchecked
    assert left.line == done.findings[0].line + 1
    assert left.reason == (
        "it calls drop_if_there() of zdt_helpers.py, where line 7 did not run: the "
        "condition of line 6 is false here: "
        "sa.inspect(op.get_bind()).has_table(name)"
    )


def test_stub_may_be_a_default_a_value_of_an_enum_and_an_expression(project):
    body = (
        "from zdt_nowhere import values, now\n"
        'op.create_table("a", sa.Column("kind",'
        ' sa.Enum(values.BIG, values.SMALL, name="kind"), server_default=values.BIG))\n'
        'op.alter_column("a", "kind", server_default=-values.SMALL)\n'
        'a = sa.table("a", sa.column("kind"), sa.column("sent"))\n'
        "kinds = sa.select(a).where(~values.IS_BIG, a.c.kind.in_(values.KINDS))\n"
        "sa.orm.Session(op.get_bind()).execute(kinds)\n"
        'op.execute(a.update().values(kind="x").where(a.c.kind == values.BIG))\n'
        "found = sa.inspect(op.get_bind()).get_enums()[0]['labels']\n"
        "assert found == ['BIG', 'SMALL']\n"
        'op.add_column("b", sa.Column("sent", sa.DateTime(), server_default=now()))'
    )
    project.revision("r1", body)

    done = lint(project.config(), stubs=["zdt_nowhere"])

    assert [found.check for found in done.findings] == []
    assert [left.reason.partition(", which")[0] for left in done.unchecked] == [
        "it calls zdt_nowhere.now()"
    ]


def test_stub_returns_a_class_as_its_decorator_only(project):
    body = (
        "from zdt_nowhere import db, size\n"
        "@db.listens\n"
        "class User:\n    name = 1\n"
        "for each in db.session.query(User).filter(User.name).all():\n    pass\n"
        "batches = (size + 7) // size % size ** 2\n"
        'op.drop_table("a")'
    )
    project.revision("r1", body)

    done = lint(project.config(), stubs=["zdt_nowhere"])

    assert [found.check for found in done.findings] == ["drop-table"]
    assert [left.reason.partition(", which")[0] for left in done.unchecked] == [
        "it calls zdt_nowhere.db.listens()",
        "it calls zdt_nowhere.db.session.query()",
    ]


def test_no_call_is_suggested_with_the_type_of_a_stub(project):
    project.revision(
        "r1",
        "from zdt_nowhere.types import UTCDateTime\n"
        'op.add_column("a", sa.Column("sent", UTCDateTime(), nullable=False))',
    )

    done = lint(project.config(), stubs=["zdt_nowhere"])

    assert [(each.check, each.suggestion) for each in done.findings] == [
        ("add-column-not-null", "")
    ]
    assert done.unchecked == ()


def test_object_that_a_stub_names_is_not_looked_at(project):
    body = (
        "from zdt_nowhere import names\n"
        "op.drop_table(names.OLD)\n"
        'op.drop_column("a", names.OLD)\n'
        "with op.batch_alter_table(names.BATCH) as batch:\n"
        '    batch.drop_column("b")\n'
        'with op.batch_alter_table("a") as batch:\n'
        "    batch.drop_index(names.OLD)\n"
        '    batch.drop_column("c")'
    )
    project.revision("r1", body)

    done = lint(project.config(), stubs=["zdt_nowhere"])

    assert [found.message.partition(" is dropped")[0] for found in done.findings] == [
        "column c of a"
    ]
    words = "it names zdt_nowhere.names.{}, which --stub has replaced"
    assert [left.reason for left in done.unchecked] == [
        words.format(name) for name in ("OLD", "OLD", "BATCH", "OLD")
    ]


def test_call_of_a_stub_is_named_and_a_type_is_none(project):
    body = (
        "from zdt_nowhere.helpers import on_postgres\n"
        "from zdt_nowhere.types import UTCDateTime, Kind, Base, Mixin, Meta\n"
        "def change(session: Base | None = None):\n"
        '    op.drop_table("a")\n'
        "class Own(Base, Mixin, metaclass=Meta):\n    pass\n"
        "with Base.lock(), Mixin() as mixin:\n"
        '    op.add_column("a", sa.Column("sent", UTCDateTime(), nullable=True))\n'
        '    op.add_column("a", sa.Column("kinds", sa.ARRAY(Kind), nullable=True))\n'
        'op.alter_column("a", "b", nullable=False, existing_type=UTCDateTime())\n'
        "on_postgres(change)"
    )
    project.revision("r1", body)

    done = lint(project.config(), stubs=["zdt_nowhere"])

    assert [found.check for found in done.findings] == ["set-not-null"]
    (left,) = done.unchecked
    assert left.reason == (
        "it calls zdt_nowhere.helpers.on_postgres(), which --stub has replaced "
        "with an empty stub"
    )
    assert left.line == done.findings[0].line + 1


@pytest.mark.parametrize(
    "rows",
    [
        'bind.execute(sa.text("SELECT id, name FROM users"))',
        'bind.execute(sa.text("SELECT id, name FROM users")).fetchall()',
        f"bind.execute({SELECT}).all()",
    ],
)
@pytest.mark.parametrize(
    "start", ["for number, name in {}:", "rows = {}\nfor a, b in rows:"]
)
def test_loop_over_rows_runs_once(project, rows, start):
    loop = start.format(rows)
    project.revision("r1", f'{BIND}{loop}\n    op.execute("UPDATE users SET a = 1")')

    done = lint(project.config())

    assert [found.check for found in done.findings] == ["change-rows"]
    (left,) = done.unchecked
    assert left.reason == "the query got one made-up row, for the loop over its rows"


def test_guard_over_rows_gets_no_made_up_row(project):
    body = (
        f"{BIND}twice = bind.execute(sa.text('SELECT a FROM users')).fetchall()\n"
        "if twice:\n    raise RuntimeError(twice)\n"
        'op.create_unique_constraint("uq", "users", ["a"])'
    )
    project.revision("r1", body)

    done = lint(project.config())

    assert [found.check for found in done.findings] == ["add-unique"]
    assert done.unchecked == ()
