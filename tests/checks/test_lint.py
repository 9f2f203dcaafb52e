"""``alembic-zdt lint``: revisions are run without a database, and looked at."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic.util import CommandError
from sqlalchemy import Engine, event

from alembic_zdt.commands.lint import lint
from alembic_zdt.errors import RevisionError, UsageError
from tests.support.output import parsed

OURS = "from alembic_zdt import env\nenv.run()\n"
NOWHERE = "postgresql+{}://nobody@127.0.0.1:1/nowhere"


@pytest.fixture(autouse=True)
def nowhere(project, driver):
    """No database can be reached."""
    text = re.sub(
        r"(?m)^sqlalchemy.url = .*$",
        f"sqlalchemy.url = {NOWHERE.format(driver)}",
        project.ini.read_text(),
    )
    project.write(project.ini, text)


@pytest.mark.compat
def test_place_reason_and_what_to_write(project):
    project.revision("r1", 'op.create_index("ix", "users", ["email"])')

    done = project.cli("lint", module="alembic_zdt")

    path = project.versions / "r1_.py"
    line = (
        path.read_text()
        .splitlines()
        .index('    op.create_index("ix", "users", ["email"])')
    )
    assert done.rc == 2, done.output
    first, reason, call, last = done.stdout.splitlines()
    place = path.relative_to(project.folder)
    assert first.startswith(f"{place}:{line + 1}: error: create-index: the index ix is")
    assert "takes SHARE on the table" in reason
    assert call == "    op.create_index_concurrently('ix', 'users', ['email'])"
    assert last.startswith("1 revision, 1 finding, 0 places")


def test_json(project):
    project.revision("r1", 'op.drop_column("users", "email")')

    done = project.cli("lint", "--json", module="alembic_zdt")

    said = parsed("lint", done.stdout)
    assert said["revisions"] == 1
    (found,) = said["findings"]
    assert found["check"] == "drop-column"
    assert found["revision"] == "r1"
    assert found["evidence"] == "assumed"
    assert found["suggestion"].splitlines() == [
        "op.expand_drop_column('users', 'email')  # expand",
        "op.contract_drop_column('users', 'email')  # contract",
    ]


def test_table_of_the_same_revision_is_nobody_elses(found):
    table = 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))'
    more = (
        'op.add_column("users", sa.Column("email", sa.Text(), nullable=False))\n'
        'op.create_index("ix", "users", ["email"])\n'
        'op.create_unique_constraint("uq", "users", ["email"])\n'
        'op.alter_column("users", "email", new_column_name="address")\n'
        'op.rename_table("users", "people")\n'
        'op.add_column("people", sa.Column("age", sa.Integer(), index=True))\n'
        'op.drop_table("people")'
    )

    assert found(f"{table}\n{more}") == []


def test_table_of_an_earlier_revision_is_in_use(found):
    table = 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))'

    assert found(table, 'op.create_index("ix", "users", ["id"])') == ["create-index"]


def test_not_null_that_is_proven_over_three_revisions(found):
    check = (
        'op.create_check_constraint("ck", "users", "email IS NOT NULL",'
        " postgresql_not_valid=True)"
    )
    not_null = 'op.alter_column("users", "email", nullable=False)'

    proven = found(check, 'op.validate_constraint("ck", "users")', not_null)

    assert proven == []


def test_not_null_whose_proof_is_not_valid_yet(found):
    check = (
        'op.create_check_constraint("ck", "users", "email IS NOT NULL",'
        " postgresql_not_valid=True)"
    )
    not_null = 'op.alter_column("users", "email", nullable=False)'

    assert found(check, not_null) == ["set-not-null"]


def test_way_back_that_is_not_there(project):
    """It is said, and the others are looked at."""
    project.revision("r1", "pass", 'op.drop_index("ix", "users")')
    path = project.revision("r2", "pass")
    project.write(path, path.read_text().partition("def downgrade")[0])

    done = lint(project.config(), downgrade=True)

    assert [found.check for found in done.findings] == ["drop-index"]
    (left,) = done.unchecked
    assert left.revision == "r2"
    assert "there is no downgrade()" in left.reason


def test_only_a_range_is_looked_at_and_all_is_known(found, project):
    table = 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))'
    index = 'op.create_index("ix", "users", ["id"])'

    assert found(table, index, index, revision_range="r2:r3") == ["create-index"]
    assert lint(project.config(), "r2:r3").revisions == 1


def test_way_back(project):
    project.revision("r1", "pass", 'op.drop_index("ix", "users")')

    assert lint(project.config()).findings == ()
    (found,) = lint(project.config(), downgrade=True).findings
    assert found.check == "drop-index"


@pytest.mark.drivers_by_turns
@pytest.mark.compat
@pytest.mark.parametrize(
    "body",
    [
        "connection = op.get_bind()\nassert connection.dialect.name == 'postgresql'",
        "assert sa.inspect(op.get_bind()).get_table_names() == []",
        "assert not sa.inspect(op.get_bind()).has_table('users')",
        "assert op.get_bind().execute(sa.text('SELECT 1')).fetchall() == []",
        "assert op.get_bind().scalar(sa.text('SELECT count(*) FROM users')) == 0",
        "for row in op.get_bind().execute(sa.text('SELECT id FROM users')):\n    1 / 0",
        "assert not op.get_context().as_sql",
        "from alembic import context\nassert not context.is_offline_mode()",
        "import sqlalchemy.orm as orm\norm.Session(op.get_bind()).scalars(QUERY).all()",
        "with op.get_context().autocommit_block():\n    op.execute('SELECT 1')",
        "op.get_bind().connection.cursor().execute('SELECT 1')",
        "op.get_bind().exec_driver_sql('SELECT 1').all()",
        "op.bulk_insert(sa.table('t', sa.column('a')), [{'a': 1}, {'a': 2}])",
    ],
)
def test_revision_may_ask_the_database(project, body):
    """It is told that there is nothing.

    Each driver runs half of them.
    """
    project.revision("r1", body.replace("QUERY", "sa.text('SELECT 1')"))

    assert "fails" not in str(lint(project.config()).unchecked)


def test_revision_that_fails_is_reported_and_the_rest_looked_at(project):
    project.revision("r1", 'op.create_index("ix", "users", ["a"])\n1 / 0')
    project.revision("r2", 'op.drop_table("users")')

    done = lint(project.config())

    assert [found.check for found in done.findings] == ["create-index", "drop-table"]
    (left,) = done.unchecked
    assert left.revision == "r1"
    assert left.reason == (
        "it fails without a database: ZeroDivisionError: division by zero"
    )
    assert left.line == done.findings[0].line + 1
    assert done.exit_code == 2


@pytest.mark.compat
def test_batch_mode(found):
    body = (
        'with op.batch_alter_table("users") as batch:\n'
        '    batch.alter_column("email", nullable=False)\n'
        '    batch.drop_column("age")'
    )

    assert sorted(found(body)) == ["drop-column", "set-not-null"]


def test_env_of_ours(project, found):
    project.write(project.env, OURS)

    assert found('op.drop_table("users")') == ["drop-table"]


def test_no_such_revision(project):
    project.revision("r1", "pass")

    with pytest.raises(CommandError, match="nowhere"):
        lint(project.config(), "nowhere")


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("type_=sa.Text(), existing_type=sa.String(20)", []),
        ("type_=sa.String(), existing_type=sa.String(20)", []),
        ("type_=sa.String(40), existing_type=sa.String(20)", []),
        ("type_=sa.String(10), existing_type=sa.String(20)", ["alter-column-type"]),
        ("type_=sa.String(10)", ["alter-column-type"]),
        ("type_=sa.Numeric(12, 2), existing_type=sa.Numeric(10, 2)", []),
        (
            "type_=sa.Numeric(12, 3), existing_type=sa.Numeric(10, 2)",
            ["alter-column-type"],
        ),
        ("type_=sa.Text(), existing_type=sa.Integer()", ["alter-column-type"]),
        ("type_=sa.Text(), existing_type=sa.CHAR(3)", ["alter-column-type"]),
        (
            "type_=sa.Text(), existing_type=sa.String(9), postgresql_using='upper(a)'",
            ["alter-column-type"],
        ),
        ("server_default='x'", []),
        ("comment='x'", []),
        ("nullable=True", ["drop-not-null"]),
    ],
)
def test_types_that_are_free(found, body, expected):
    """Each driver runs half of them."""

    assert found(f'op.alter_column("users", "a", {body})') == expected


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("default", "expected"),
    [
        ("'now() is only a word'", []),
        ("sa.text('now()')", []),
        ("sa.func.now()", []),
        ("sa.text(\"timezone('utc', now())\")", []),
        ("sa.text(\"'random()'\")", []),
        ("sa.text('CURRENT_TIMESTAMP')", []),
        ("sa.text('clock_timestamp()')", ["add-column-volatile-default"]),
        ("sa.func.gen_random_uuid()", ["add-column-volatile-default"]),
        ("sa.text('public.my_id()')", ["add-column-volatile-default"]),
    ],
)
def test_defaults_that_are_free(found, default, expected):
    """Each driver runs half of them."""

    column = f'sa.Column("a", sa.Text(), server_default={default})'

    assert found(f'op.add_column("users", {column})') == expected


# ----------------------------------------------------------------------- bad input


def broken(project, change):
    project.revision("r1", 'op.drop_table("a")')
    path = project.scripts()[0]
    path.write_bytes(change(path.read_bytes()))
    return path.name


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: text + b"\ndef broken(:\n", "SyntaxError"),
        (lambda text: text + b'\nx = "\xff"\n', "SyntaxError"),
        (lambda text: text + b"\n1 / 0\n", "ZeroDivisionError"),
        (lambda text: text + b"\n{}['ZDT_REGION']\n", "KeyError: 'ZDT_REGION'"),
        (lambda text: text + b"\nraise SystemExit(2)\n", "SystemExit: 2"),
        (lambda text: b"import zdt_nowhere.x\n" + text, "zdt_nowhere"),
    ],
)
def test_file_that_cannot_be_read(project, change, expected):
    """It is that file's error, with its line, and the others are looked at.

    Each driver runs half of them.
    """
    name = broken(project, change)
    project.revision("r2", 'op.drop_table("b")')

    done = lint(project.config())

    (left,) = done.unchecked
    assert (left.revision, Path(left.file).name) == ("r1", name)
    assert left.reason.startswith("the file cannot be imported: ")
    assert expected in left.reason
    assert left.line > 0
    assert [(each.revision, each.check) for each in done.findings] == [
        ("r2", "drop-table")
    ]
    assert done.exit_code == 2


def test_file_without_a_place_in_the_history_is_left_out(project):
    project.revision("r1", 'op.drop_table("a")')
    stray = project.write(project.versions / "stray.py", "1 / 0\n")

    done = lint(project.config())

    assert [found.check for found in done.findings] == ["drop-table"]
    (left,) = done.unchecked
    assert (left.file, left.line) == (str(stray), 1)


def test_revisions_in_a_circle(project):
    project.revision("r1", "pass")
    project.revision("r2", "pass")
    first = project.scripts()[0]
    text = first.read_text().replace("down_revision = None", 'down_revision = "r2"')
    project.write(first, text)

    with pytest.raises(CommandError, match="Cycle is detected"):
        lint(project.config())


@pytest.mark.filterwarnings("ignore:Revision .* is not present:UserWarning")
def test_revision_that_is_not_there(project):
    project.revision("r1", "pass")
    first = project.scripts()[0]
    text = first.read_text().replace("down_revision = None", 'down_revision = "r0"')
    project.write(first, text)

    with pytest.raises(RevisionError, match="there is no r0"):
        lint(project.config())


def test_application_that_is_not_here(project):
    """Its names are answered by nothing."""
    body = (
        "from zdt_nowhere import settings, models\n"
        "from zdt_nowhere.types import Colour\n"
        "if settings.IS_LARGE or models.User.count() > 3:\n    1 / 0\n"
        "for each in models.all():\n    1 / 0\n"
        "class Own(models.Base):\n    pass\n"
        'op.drop_table("a")'
    )
    project.revision("r1", body.replace(" > 3", ""))

    assert "zdt_nowhere" in lint(project.config()).unchecked[0].reason
    done = lint(project.config(), stubs=["zdt_nowhere"])
    assert [found.check for found in done.findings] == ["drop-table"]
    calls = [left.reason.partition(",")[0] for left in done.unchecked]
    assert calls == [
        "it calls zdt_nowhere.models.User.count()",
        "it calls zdt_nowhere.models.all()",
    ]
    with pytest.raises(ModuleNotFoundError):
        import zdt_nowhere  # noqa: F401


# ------------------------------------------------------------------ env.py, the chain


def test_env_py_that_runs_no_migrations(project):
    """Nothing that was looked at is not the same as nothing that was found."""
    project.revision("r1", 'op.drop_table("a")')
    project.write(project.env, "")

    with pytest.raises(UsageError, match=r"env\.py ran no migrations"):
        lint(project.config())


def test_env_py_that_needs_a_database(project):
    project.revision("r1", 'op.drop_table("a")')
    connect = f"sa.create_engine({NOWHERE.format('psycopg')!r}).connect()"
    project.write(project.env, f"import sqlalchemy as sa\n{connect}\n")

    done = lint(project.config())

    assert [found.check for found in done.findings] == ["drop-table"]
    (left_out,) = done.unchecked
    assert left_out.file == str(project.env)
    assert "could not be run without a database (OperationalError" in left_out.reason
    assert "its options and its folders of revisions were ignored" in (left_out.reason)


def test_env_py_that_needs_a_variable(project):
    """Its folders of revisions count as far as it came."""
    project.revision("r1", 'op.drop_table("a")')
    folder = str(project.versions)
    project.write(
        project.env,
        "import os\nfrom alembic import context\n"
        f"context.script.version_locations = [{folder!r}]\n"
        "os.environ['ZDT_NOT_THERE']\n",
    )

    done = lint(project.config())

    assert [found.check for found in done.findings] == ["drop-table"]
    assert "KeyError: 'ZDT_NOT_THERE'" in done.unchecked[0].reason


def test_env_py_that_imports_an_application_that_is_not_here(project):
    project.revision("r1", 'op.drop_table("a")')
    text = "from zdt_nowhere import metadata\n" + project.env.read_text()
    project.write(project.env, text)

    with pytest.raises(UsageError, match="cannot import zdt_nowhere") as caught:
        lint(project.config())

    assert "--stub zdt_nowhere" in caught.value.hint
    found = lint(project.config(), stubs=["zdt_nowhere"]).findings
    assert [each.check for each in found] == ["drop-table"]


def test_env_py_that_runs_them_twice(project):
    """For two databases, or two tenants: each finding is said once."""
    text = project.env.read_text()
    call = "        context.run_migrations()\n"
    assert call in text
    project.write(project.env, text.replace(call, call + call, 1))
    project.revision("r1", 'op.drop_table("a")  # zdt: ignore[drop-table] old')
    project.revision("r2", 'op.drop_table("b")\nop.execute("DROP VIEW v")')

    done = lint(project.config())

    assert [each.check for each in done.findings] == ["drop-table"]
    assert len(done.unchecked) == 1
    assert done.revisions == 2


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    "body",
    [
        "op.get_bind().close()",
        "op.get_bind().begin_nested()",
        "op.get_bind().execution_options(isolation_level='AUTOCOMMIT')",
        "op.get_bind().invalidate()",
        "import sys\nsys.exit('enough')",
        "op.get_context().autocommit_block().__enter__()\n1 / 0",
    ],
)
def test_what_a_revision_leaves_behind_is_its_own(project, body):
    """Each driver runs half of them."""

    project.revision("r1", body)
    project.revision("r2", 'op.create_index("ix", "t", ["a"])\nop.drop_table("u")')

    done = lint(project.config())

    found = [each.check for each in done.findings if each.revision == "r2"]
    assert found == ["create-index", "drop-table", "several-tables"]
    assert {each.revision for each in done.unchecked} <= {"r1"}


CHECK = 'op.create_check_constraint("ck", "t", {!r}{})'
LATE = ", postgresql_not_valid=True"
NOT_NULL = 'op.alter_column("t", {!r}, nullable=False)'


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("before", "column", "is_proven"),
    [
        ([CHECK.format("a IS NOT NULL", "")], "a", True),
        ([CHECK.format("(A is not  null)", "")], "a", True),
        ([CHECK.format('"A" IS NOT NULL', "")], "A", True),
        ([CHECK.format('"A" IS NOT NULL', "")], "a", False),
        ([CHECK.format("A IS NOT NULL", "")], "A", False),
        ([CHECK.format("a IS NOT NULL OR b", "")], "a", False),
        ([CHECK.format("a IS NOT NULL", LATE)], "a", False),
        (
            ["op.create_check_constraint_two_phase('ck', 't', 'a IS NOT NULL')"],
            "a",
            True,
        ),
        (
            [CHECK.format("a IS NOT NULL", LATE), "op.validate_constraint('ck', 't')"],
            "a",
            True,
        ),
        (
            [CHECK.format("a IS NOT NULL", ""), "op.drop_constraint('ck', 't')"],
            "a",
            False,
        ),
        (
            [
                CHECK.format("a IS NOT NULL", ""),
                "op.drop_column('t', 'a')",
                "op.add_column('t', sa.Column('a', sa.Integer()))",
            ],
            "a",
            False,
        ),
        (
            [
                CHECK.format("a IS NOT NULL", ""),
                "op.contract_drop_column('t', 'a')",
                "op.expand_add_column('t', sa.Column('a', sa.Integer()))",
            ],
            "a",
            False,
        ),
        ([CHECK.format("a IS NOT NULL", ""), "op.drop_table('t')"], "a", False),
        (
            [
                CHECK.format("a IS NOT NULL", ""),
                "op.drop_constraint('ck', 't')",
                CHECK.format("a IS NOT NULL", LATE),
            ],
            "a",
            False,
        ),
    ],
)
def test_what_proves_that_there_is_no_null(found, before, column, is_proven):
    """Each driver runs half of them."""

    checks = found(*before, NOT_NULL.format(column))

    assert ("set-not-null" not in checks) is is_proven


def test_index_of_a_new_table_may_go(found):
    """Also where only its name is said, and where the schema is said once."""
    body = (
        'op.create_table("t", sa.Column("a", sa.Integer()), schema="public")\n'
        'op.create_index("ix", "t", ["a"])\nop.drop_index("ix")\n'
        "op.execute('CREATE INDEX iy ON public.t (a); DROP INDEX iy')"
    )

    assert found(body) == []


def test_directive_ends_the_transaction_before_it(found):
    """So what it was before is not locked any more behind it."""
    body = (
        'op.add_column("t", sa.Column("a", sa.Integer()), if_not_exists=True)\n'
        'op.create_index_concurrently("ix", "t", ["a"])\n'
        'op.add_column("u", sa.Column("a", sa.Integer()))'
    )

    assert found(body) == []


def test_what_has_no_name_gets_the_one_of_postgresql(project):
    project.revision(
        "r1",
        'op.create_unique_constraint(None, "users", ["email"])\n'
        'op.create_foreign_key(None, "users", "users", ["boss"], ["id"])',
    )

    unique, key = lint(project.config()).findings

    assert "unique constraint without a name of users" in unique.message
    assert unique.suggestion == (
        "op.create_unique_constraint_concurrently('users_email_key', 'users',"
        " ['email'])"
    )
    assert key.suggestion.startswith(
        "op.create_foreign_key_two_phase('users_boss_fkey', 'users',"
    )


INSTEAD = {
    "UPDATE users SET email = lower(email), age = 1 WHERE age IS NULL": (
        "op.backfill('users', {'email': 'lower(email)', 'age': '1'},"
        " where='age IS NULL')"
    ),
    'UPDATE shop."Order" SET "E" = 1': (
        "op.backfill('Order', {'E': '1'}, where='\"E\" IS DISTINCT FROM 1',"
        " schema='shop')"
    ),
    "UPDATE users u SET email = 1 FROM teams": "",
    "UPDATE users SET (a, b) = (SELECT 1, 2)": "",
    "DELETE FROM users": "",
    "REINDEX INDEX shop.ix": "op.reindex_concurrently('ix', schema='shop')",
    "REINDEX TABLE users": "op.reindex_concurrently(table_name='users')",
}


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("statement", INSTEAD)
def test_safe_call_for_sql(project, statement):
    """Each driver runs half of them."""

    project.revision("r1", f"op.execute({statement!r})")

    (found,) = lint(project.config()).findings

    assert found.suggestion == INSTEAD[statement]


def test_safe_call_has_no_parameters(project):
    text = 'sa.text("UPDATE users SET age = :a"), {"a": 1}'
    project.revision("r1", f"op.get_bind().execute({text})")

    (found,) = lint(project.config()).findings

    assert found.suggestion == ""


def test_names_that_postgresql_cuts_are_told_of(project):
    long, other = "a" * 70, "b" * 80
    project.revision(
        "r1",
        f'op.create_table("{long}", sa.Column("id", sa.Integer()))\n'
        f'op.drop_table("{other}")\nop.drop_table("c")',
    )

    done = lint(project.config())

    assert [each.check for each in done.findings] == ["drop-table"]
    reasons = [each.reason for each in done.unchecked]
    assert reasons == [f'relation name "{name}" is too long' for name in (long, other)]


def test_application_that_listens_for_new_connections(project):
    """Its listener may call its driver; a revision may not, as nothing answers it."""

    def connected(connection, _record):
        connection.add_notice_handler(print)

    raw = "op.get_bind().connection.dbapi_connection"
    project.revision("r1", "op.create_index('ix', 'users', ['id'])")
    project.revision("r2", f"{raw}.add_notice_handler(print)")
    event.listen(Engine, "connect", connected)
    try:
        done = lint(project.config())
    finally:
        event.remove(Engine, "connect", connected)

    assert [each.check for each in done.findings] == ["create-index"]
    assert "add_notice_handler" in str(done.unchecked)
