"""``lint --fix`` splits a revision in which a change stands before a directive."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from alembic_zdt.checks.fixes import splitting
from alembic_zdt.commands.lint import lint

TABLE = 'op.create_table("new", sa.Column("id", sa.Integer()))'
INSERT = "op.execute(\"INSERT INTO users VALUES (1, 'a')\")"
INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'
DROP_INDEX = 'op.drop_index_concurrently("ix", "users")'
COLUMN = 'op.add_column("users", sa.Column("fax", sa.Text()))'
DROP_COLUMN = 'op.drop_column("users", "fax")'


def fix(project):
    return project.cli("lint", "--fix", module="alembic_zdt")


def split(project):
    """The texts of the files, the oldest revision first, and what was said."""
    done = fix(project)
    assert [f.check for f in lint(project.config()).findings] == []
    assert done.rc == 0, done.output
    history = ScriptDirectory.from_config(project.config()).walk_revisions()
    texts = [Path(each.path).read_text() for each in history]
    return texts[::-1], done.stderr


def test_what_stands_before_the_directive_is_a_revision_of_its_own(db, project, driver):
    """It can be run up, down and up again, and its comments are kept."""
    db.execute("CREATE TABLE users (id int, email text)")
    project.revision("r1", "pass", "pass  # nothing")
    project.revision(
        "r2",
        f"# the new one\n{TABLE}\n{INSERT}  # the first\n# for the search\n{INDEX}\n"
        f"# last\n{COLUMN}",
        f"{DROP_COLUMN}\n# search no more\n{DROP_INDEX}\n# the old one\n"
        'op.drop_table("new")',
        variables={"zdt_phase": "expand", "zdt_change": "c1"},
    )
    project.revision("r3", "pass", "pass  # nothing")

    (_, first, second, last), said = split(project)

    assert re.search(r"split \S*r2_\.py: (\w+\.py) comes before it", said)
    assert "# the new one" in first
    assert "# the old one" in first
    assert "# the first" in first
    assert "create table new, execute" in first.splitlines()[0]
    assert "down_revision = 'r1'" in first
    assert "op.create_index" not in first
    assert "op.drop_index" not in first
    assert "# for the search" in second
    assert "# search no more" in second
    assert "# last" in second
    assert "create_table" not in second
    assert "drop_table" not in second
    assert "down_revision = 'r2'" in last
    for text in (first, second):
        assert "zdt_phase = 'expand'" in text
        assert "zdt_change = 'c1'" in text
    project.upgrade()
    project.downgrade("base")
    assert not db.exists("new")
    assert db.indexes("users") == []
    project.upgrade()
    assert db.index("ix").is_valid
    assert db.columns("users") == ["id", "email", "fax"]


def test_each_change_before_a_directive_becomes_one(project):
    second = 'op.create_index_concurrently("iy", "users", ["id"])'
    project.revision(
        "r1",
        f"{TABLE}\n{INDEX}\n{COLUMN}\n{second}",
        'op.drop_index_concurrently("iy", "users")\n'
        f'{DROP_COLUMN}\n{DROP_INDEX}\nop.drop_table("new")',
    )

    texts, _ = split(project)

    assert len(texts) == 3
    for text, call in zip(texts, (TABLE, INDEX, second), strict=True):
        assert call in text
    assert DROP_COLUMN in texts[1]


@pytest.mark.parametrize(
    "downgrade",
    ["pass", 'op.irreversible("no copy is kept")', 'raise ValueError("no way")'],
)
def test_downgrade_that_does_nothing_is_kept_in_both(project, downgrade):
    project.revision("r1", f"{TABLE}\n{INDEX}", downgrade)
    fix(project)

    texts = [path.read_text() for path in project.scripts()]

    assert len(texts) == 2
    assert all(downgrade in text for text in texts)


NO_CALLS = "its functions do more than call operations one after the other"
LEFT = {
    "variable": (
        f'name = "users"\n{TABLE}\nop.create_index_concurrently("ix", name, ["email"])',
        "pass",
        'both parts use the variable "name"',
    ),
    "loop": (f"{TABLE}\nfor n in [1]:\n    {INDEX}", "pass", NO_CALLS),
    "condition": (f"if True:\n    {TABLE}\n{INDEX}", "pass", NO_CALLS),
    "line": (f"{TABLE}; {INDEX}", "pass", "several statements share a line"),
    "downgrade": (
        f"{TABLE}\n{INDEX}",
        f'op.execute("DROP TABLE new")\n{DROP_INDEX}',
        "it is not clear which calls of downgrade() belong to which part",
    ),
    "order": (
        f"{TABLE}\n{INDEX}",
        f'op.drop_table("new")\n{DROP_INDEX}',
        "it is not clear which calls of downgrade() belong to which part",
    ),
}


@pytest.mark.parametrize("case", LEFT)
def test_what_cannot_be_split_safely_is_left_and_reported(project, case):
    above, below, reason = LEFT[case]
    path = project.revision("r1", above, below)
    before = path.read_text()

    done = fix(project)

    assert project.scripts() == [path]
    assert path.read_text() == before
    said = re.search(r"did not split \S*r1_\.py:\d+: (.+)", done.stderr)
    assert said
    assert said[1] == reason


def test_an_alias_of_a_batch_is_of_its_own(project):
    batch = 'with op.batch_alter_table("users") as batch:\n    batch.{}'
    first = batch.format('add_column(sa.Column("fax", sa.Text()))')
    last = batch.format('drop_column("phone")')
    project.revision("r1", f"{first}\n{INDEX}\n{last}", "pass  # nothing")

    fix(project)

    texts = [path.read_text() for path in project.scripts()]
    assert ["fax" in text for text in texts].count(True) == 1
    assert len(texts) == 2


def test_a_downgrade_in_batches_is_matched_by_its_calls(project):
    batch = 'with op.batch_alter_table("{}") as batch:\n    batch.{}'
    up = [
        batch.format("users", 'add_column(sa.Column("fax", sa.Text()))'),
        INDEX,
        batch.format("users", 'add_column(sa.Column("tel", sa.Text()))'),
    ]
    down = [
        batch.format("users", 'drop_column("tel")'),
        DROP_INDEX,
        batch.format("users", 'drop_column("fax")'),
    ]
    project.revision("r1", "\n".join(up), "\n".join(down))

    (first, second), _ = split(project)

    assert (first.count('"fax"'), first.count('"tel"')) == (2, 0)
    assert (second.count('"fax"'), second.count('"tel"')) == (0, 2)


KILLED = """
import os, pathlib
left = [{at}]
def counted(name):
    whole = getattr(pathlib.Path, name)
    def counting(self, *given, **named):
        if ".zdt-split" in str(self):
            left[0] -= 1
            if left[0] == 0:
                os._exit(9)
        return whole(self, *given, **named)
    setattr(pathlib.Path, name, counting)
for name in ("write_text", "replace"):
    counted(name)
from alembic_zdt.cli import main
main(["-c", "{ini}", "lint", "--fix"])
"""


@pytest.mark.parametrize("at", range(1, 5))
def test_a_split_that_is_killed_is_ended_by_the_next_one(project, at):
    """At no point is the old revision changed and the new one missing."""
    project.revision("r0", "pass", "pass  # nothing")
    project.revision("r1", f"{TABLE}\n{INDEX}", f'{DROP_INDEX}\nop.drop_table("new")')
    project.revision("r2", "pass", "pass  # nothing")

    program = [sys.executable, "-c", KILLED.format(at=at, ini=project.ini)]
    killed = subprocess.run(program, cwd=project.folder, check=False)
    assert killed.returncode == 9
    found = ScriptDirectory.from_config(project.config())
    assert found.get_revision("r2").down_revision == "r1"

    texts, _ = split(project)

    assert len(texts) == 4
    assert ["create_table" in text for text in texts] == [False, True, False, False]
    assert [each.suffix for each in project.versions.iterdir() if each.is_file()] == (
        [".py"] * 4
    )


def test_branch_label_is_left(project):
    project.revision("r1", f"{TABLE}\n{INDEX}", branch_labels="shop")

    assert "it has branch_labels" in fix(project).stderr


def test_sql_is_matched_in_mirrored_functions(project):
    project.revision(
        "r1",
        f"op.execute('CREATE VIEW people AS SELECT * FROM users')\n{INDEX}",
        f"{DROP_INDEX}\nop.execute('DROP VIEW people')",
    )

    (first, second), _ = split(project)

    assert "DROP VIEW people" in first
    assert "DROP VIEW people" not in second


@pytest.mark.parametrize("blanks", ["  ", "\t", "        "])
def test_an_empty_part_is_indented_as_the_rest_of_the_function(blanks):
    source = (
        "revision = 'r2'\ndown_revision = 'r1'\n\n\n"
        f"def upgrade():\n{blanks}{INSERT}\n{blanks}{INDEX}\n\n\n"
        f'def downgrade():\n{blanks}"""Drop it."""\n{blanks}{DROP_INDEX}\n'
    )

    parts = splitting.split(source, 7, "new")

    ast.parse(parts.after)
    assert parts.before.endswith(f'{blanks}"""Drop it."""\n{blanks}pass\n')
    ast.parse(parts.before)
