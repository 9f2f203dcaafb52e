"""``lint --fix`` writes what is only another call, and leaves the rest."""

from __future__ import annotations

import ast

import pytest

from alembic_zdt.checks.fixes.autofix import fixed
from alembic_zdt.commands.lint import lint

HEAD = "import sqlalchemy as sa\n\nfrom alembic import op\n\n\ndef upgrade():\n"

WRITTEN = {
    "index": (
        'op.create_index("ix", "users", ["email"])',
        "op.create_index_concurrently('ix', 'users', ['email'])",
    ),
    "comment": (
        'op.create_index("ix", "users", ["email"])  # for the search',
        "op.create_index_concurrently('ix', 'users', ['email'])  # for the search",
    ),
    "several lines": (
        'op.create_check_constraint(\n    "ck",\n    "users",\n    "age > 0",\n)',
        "op.create_check_constraint_two_phase('ck', 'users', 'age > 0')",
    ),
    "several calls": (
        'op.add_column("users", sa.Column("a", sa.Text(), index=True))',
        """\
op.expand_add_column('users', sa.Column('a', sa.Text()))
op.create_index_concurrently('ix_users_a', 'users', ['a'])""",
    ),
    "not null": (
        'op.alter_column("users", "a", existing_type=sa.Text(), nullable=False)',
        "op.add_not_null_two_phase('users', 'a')",
    ),
    "not unicode": (
        'op.create_index("ix", "größe", ["ä"])  # ö',
        "op.create_index_concurrently('ix', 'größe', ['ä'])  # ö",
    ),
    "in an if": (
        'if True:\n    op.drop_index("ix", "users")',
        "if True:\n    op.drop_index_concurrently('ix', 'users')",
    ),
    "without a name": (
        'op.create_unique_constraint(None, "users", ["email"])',
        (
            "op.create_unique_constraint_concurrently('users_email_key', 'users',"
            " ['email'])"
        ),
    ),
    "behind what is written anew, too": (
        (
            'op.add_column("users", sa.Column("a", sa.Text(), unique=True))\n'
            'op.create_index("ix", "users", ["a"])'
        ),
        """\
op.expand_add_column('users', sa.Column('a', sa.Text()))
op.create_unique_constraint_concurrently('users_a_key', 'users', ['a'])
op.create_index_concurrently('ix', 'users', ['a'])""",
    ),
    "behind what can be run again": (
        (
            'op.execute("CREATE TABLE IF NOT EXISTS t (a int)")\n'
            'op.create_index("ix", "users", ["a"])'
        ),
        """\
op.execute("CREATE TABLE IF NOT EXISTS t (a int)")
op.create_index_concurrently('ix', 'users', ['a'])""",
    ),
    "commit": (
        """\
op.execute("COMMIT")
op.execute("CREATE INDEX CONCURRENTLY ix ON users (email)")

op.execute("VACUUM users")
op.execute("BEGIN")
op.execute("SELECT 1")""",
        """\
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY ix ON users (email)")

    op.execute("VACUUM users")
op.execute("SELECT 1")""",
    ),
    "commit at the end": (
        'op.execute("commit;")\nop.execute("VACUUM users")',
        'with op.get_context().autocommit_block():\n    op.execute("VACUUM users")',
    ),
}


def body(text):
    return HEAD + "".join(
        f"    {line}\n" if line else "\n" for line in text.split("\n")
    )


def lint_source(project, source):
    project.revision("r1", "pass")
    path = project.scripts()[0]
    head, _, rest = path.read_text().partition("def upgrade():")
    head = head.replace("import sqlalchemy as sa\n", "")
    variables = "\n".join(line for line in head.splitlines() if " = " in line)
    down = rest.partition("def downgrade():")[2]
    text = f"{source}\n\n{variables}\n\n\ndef downgrade():{down}"
    project.write(path, text)
    return path, lint(project.config()).findings


@pytest.mark.parametrize("case", WRITTEN)
def test_written_anew(project, case):
    before, after = WRITTEN[case]
    path, findings = lint_source(project, body(before))

    text, solved = fixed(path.read_text(), findings)

    assert text.startswith(body(after)), text
    assert set(solved) == set(findings)
    path.write_text(text)
    assert lint(project.config()).findings == ()


def test_call_behind_a_change_that_is_split_off(project):
    text = (
        'op.execute("INSERT INTO users VALUES (1)")\n'
        'op.create_index("ix", "users", ["a"])'
    )
    path, findings = lint_source(project, body(text))

    fixed_text, _ = fixed(path.read_text(), findings)

    assert "op.create_index_concurrently('ix', 'users', ['a'])" in fixed_text


LEFT = {
    "behind rows that cannot be split off": (
        'for n in 1, 2:\n    op.execute(f"INSERT INTO users VALUES ({n})")\n'
        'op.create_index("ix", "users", ["email"])'
    ),
    "behind what is left itself": (
        'if True:\n    op.create_table("t", sa.Column("a", sa.Text()))\n'
        'op.create_index("ix", "users", ["email"])\n'
        'op.create_index("ix2", "users", ["email"])'
    ),
    "phases": 'op.drop_column("users", "email")',
    "loop": 'for t in ["a", "b"]:\n    op.create_index(f"ix_{t}", t, ["email"])',
    "computed": 'name = "users"\nop.create_index("ix", name, ["email"])',
    "f-string": 'op.create_index(f"ix{1}", "users", ["email"])',
    "batch": (
        'with op.batch_alter_table("users") as batch:\n'
        '    batch.create_index("ix", ["email"])'
    ),
    "helper": (
        'def make():\n    op.create_index("ix", "users", ["email"])\nmake()\nmake()'
    ),
    "semicolon": 'op.create_index("ix", "users", ["email"]); print(1)',
    "value": 'x = op.create_index("ix", "users", ["email"])',
    "text": 'op.execute("CREATE INDEX ix ON users (email); SELECT 1")',
    "two changes": 'op.alter_column("u", "a", nullable=False, type_=sa.Text())',
    "long text": (
        'op.execute("COMMIT")\nop.execute("""\nVACUUM users\n""")\nop.execute("BEGIN")'
    ),
}


@pytest.mark.parametrize("case", LEFT)
def test_left_as_it_is(project, case):
    path, findings = lint_source(project, body(LEFT[case]))
    source = path.read_text()

    assert findings
    assert fixed(source, findings) == (source, [])


@pytest.mark.parametrize(
    ("head", "call"),
    [
        ("from alembic import op as operations", "operations"),
        ("from alembic_zdt import op", "op"),
    ],
)
def test_name_of_op(project, head, call):
    source = f'{head}\n\n\ndef upgrade():\n    {call}.drop_index("ix", "users")\n'

    path, findings = lint_source(project, source)
    text, _ = fixed(path.read_text(), findings)

    assert f"    {call}.drop_index_concurrently('ix', 'users')\n" in text


def test_import_that_is_missing(project):
    """The safe call of this one would need sa."""
    head = "import sqlalchemy\n\nfrom alembic import op\n\n\ndef upgrade():\n"
    call = 'op.add_column("u", sqlalchemy.Column("a", sqlalchemy.Text(), unique=True))'
    path, findings = lint_source(project, f"{head}    {call}\n")
    source = path.read_text()

    assert findings
    assert fixed(source, findings) == (source, [])


def test_command_line(project):
    project.revision("r1", WRITTEN["index"][0])
    project.revision("r2", LEFT["phases"], "pass  # nothing")

    done = project.cli("lint", "--fix", module="alembic_zdt")

    names = ("r1_.py", "r2_.py")
    first, second = ((project.versions / name).read_text() for name in names)
    assert "op.create_index_concurrently('ix', 'users', ['email'])" in first
    assert LEFT["phases"] in second
    assert "fixed 1 finding in 1 file" in done.output
    assert "create-index" not in done.stdout
    assert "drop-column" in done.stdout
    assert done.rc == 2


LOST = {
    "fix within a block": (
        """\
op.execute("COMMIT")
op.create_index(
    "ix",
    "users",
    ["email"],
)
op.execute("BEGIN")
op.execute("SELECT 1")
op.execute("SELECT 2")""",
        ["SELECT 1", "SELECT 2", "create_index("],
    ),
    "same line": (
        'op.execute("COMMIT"); op.execute("VACUUM users")\nop.execute("BEGIN")',
        ["VACUUM"],
    ),
    "behind begin": (
        """\
op.execute("COMMIT")
op.execute("VACUUM users")
op.execute("BEGIN"); op.execute("SELECT 1")""",
        ["SELECT 1"],
    ),
    "form feed": (
        'x = "a\\u2028b"\n\x0c\nop.create_index("ix", "users", ["email"])',
        ["a\\u2028b", "create_index"],
    ),
    "line separator": (
        'x = "a\u2028b"\nop.create_index("ix", "users", ["email"])',
        ["a\u2028b", "create_index"],
    ),
    "two blocks": (
        """\
op.execute("COMMIT")
op.execute("VACUUM users")
op.execute("COMMIT")
op.execute("VACUUM users")
op.execute("BEGIN")""",
        ['op.execute("COMMIT")\n'],
    ),
    "begin within": (
        """\
op.execute("COMMIT")
if True:
    op.execute("BEGIN")
    op.execute("VACUUM users")
op.execute("BEGIN")""",
        ['op.execute("COMMIT")\n'],
    ),
    "comment between": (
        """\
op.execute("COMMIT")
op.execute("VACUUM users")
# from here on in one
op.execute("BEGIN")""",
        ["# from here on in one"],
    ),
    "comment within": (
        'op.create_index(\n    "ix",  # keep me\n    "users",\n    ["email"],\n)',
        ["# keep me"],
    ),
}


@pytest.mark.parametrize("case", LOST)
def test_nothing_is_lost(project, case):
    before, kept = LOST[case]
    path, findings = lint_source(project, body(before))

    text, _ = fixed(path.read_text(), findings)

    ast.parse(text)
    for each in kept:
        assert each in text


def test_ends_of_lines_and_mode_are_kept(project):
    path, _ = lint_source(project, body(WRITTEN["index"][0]))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    path.chmod(0o755)

    project.cli("lint", "--fix", module="alembic_zdt")

    text = path.read_bytes()
    assert b"create_index_concurrently" in text
    assert text.count(b"\n") == text.count(b"\r\n")
    assert path.stat().st_mode & 0o777 == 0o755


def test_another_encoding_is_left(project):
    path, _ = lint_source(project, body(WRITTEN["index"][0]))
    text = "# -*- coding: latin-1 -*-\n# ä\n" + path.read_text()
    path.write_bytes(text.encode("latin-1"))

    done = project.cli("lint", "--fix", module="alembic_zdt")

    assert path.read_bytes() == text.encode("latin-1")
    assert "Traceback" not in done.output
