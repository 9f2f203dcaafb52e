"""Comments that let a finding be."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.lint import lint, lint_files

INDEX = 'op.create_index("ix", "users", ["email"])'


SEVERAL = "op.execute('TRUNCATE t; ALTER TABLE t DROP COLUMN a')"
LET_BE = [
    f"{INDEX}  # zdt: ignore[create-index] nobody writes",
    f"# zdt: ignore[create-index] nobody writes\n{INDEX}",
    f"# zdt: ignore[create-index]   nobody writes\n# more words\n{INDEX}",
    f"op.create_index(  # zdt: ignore[create-index] tiny\n{INDEX[16:]}",
    f"{INDEX[:-1]}\n)  # zdt: ignore[create-index] tiny",
    f"op.create_index(\n    # zdt: ignore[create-index] tiny\n{INDEX[16:]}",
    f"if True:\n    # zdt: ignore[create-index] tiny\n    {INDEX}",
    f"# zdt: ignore-file[create-index] all of it is tiny\n{INDEX}\n{INDEX}",
    f"{SEVERAL}  # zdt: ignore[drop-column, truncate-table] nobody has it",
]


@pytest.mark.parametrize("body", LET_BE)
def test_it_is_let_be(found, body):
    assert found(body) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"{INDEX}\n{INDEX}  # zdt: ignore[create-index] tiny", ["create-index"]),
        (f"# zdt: ignore[create-index] tiny\n{INDEX}\n{INDEX}", ["create-index"]),
        (f"# zdt: ignore[drop-table] x\n{INDEX}", ["create-index", "unused-ignore"]),
        (f"{INDEX}  # zdt: ignore[creat-index] x", ["create-index", "unknown-ignore"]),
        (f"{INDEX}  # zdt: ignore[create-index]", ["ignore-without-reason"]),
        (f"{INDEX}  # zdt: ignore", ["create-index", "ignore-without-check"]),
        ("pass  # zdt: ignore[drop-table] it was here", ["unused-ignore"]),
        (f"x = '# zdt: ignore[create-index] no comment'\n{INDEX}", ["create-index"]),
        (f"{INDEX}  # noqa: E501", ["create-index"]),
    ],
)
def test_it_is_not_let_be(found, body, expected):
    assert found(body) == expected


def test_comment_is_found_with_its_line(project):
    project.revision("r1", "pass  # zdt: ignore[drop-table] it was here")

    (found,) = lint(project.config()).findings

    assert found.message == "drop-table finds nothing here any more"
    assert (
        "zdt: ignore" in project.scripts()[0].read_text().splitlines()[found.line - 1]
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DROP TABLE t;  -- zdt: ignore[drop-table] nobody has it", []),
        ("-- zdt: ignore[drop-table] nobody has it\nDROP\n TABLE t;", []),
        ("DROP -- zdt: ignore[drop-table] nobody has it\n TABLE t;", []),
        ("-- zdt: ignore-file[drop-table] old\nDROP TABLE t; DROP TABLE t;", []),
        ("SELECT 1;\n-- zdt: ignore[drop-table] old", ["unused-ignore"]),
        (
            "DROP TABLE t;  -- zdt: ignore[drop-tables] x",
            ["drop-table", "unknown-ignore"],
        ),
    ],
)
def test_file_of_sql(tmp_path, text, expected):
    path = tmp_path / "change.sql"
    path.write_text(text)

    assert [each.check for each in lint_files([path]).findings] == expected


@pytest.mark.parametrize(
    "head", [b"\xef\xbb\xbf", b"# coding: latin-1\n# \xfcber\n"], ids=["bom", "latin"]
)
def test_file_in_another_encoding(project, head):
    """Python reads it, so its comments count."""
    project.revision(
        "r1", 'op.drop_table("a")  # zdt: ignore[drop-table] nobody has it'
    )
    (path,) = project.scripts()
    path.write_bytes(head + path.read_bytes())

    assert lint(project.config()).findings == ()


LINES = 'if context.get_x_argument(as_dictionary=True).get("a"):'
DROP = '    op.drop_table("a")'
ACCEPTED = [
    f"{LINES}  # zdt: ignore[not-looked-at] only in tests\n{DROP}",
    f"# zdt: ignore[not-looked-at] only in tests\n{LINES}\n{DROP}\n{DROP}",
    f"{LINES}\n    # zdt: ignore[not-looked-at] only in tests\n{DROP}",
    f"{LINES}\n{DROP}  # zdt: ignore[not-looked-at] only in tests",
    f"# zdt: ignore-file[not-looked-at] only in tests\n{LINES}\n{DROP}",
    "raise RuntimeError('x')  # zdt: ignore[not-looked-at] needs the old rows",
    "op.execute(f'{op}')  # zdt: ignore[not-looked-at] no SQL",
]
LEFT = [
    (f"{LINES}\n{DROP}\npass  # zdt: ignore[not-looked-at] x", 1, ["unused-ignore"]),
    (f"{LINES}\n{DROP}  # zdt: ignore[drop-table] x", 1, ["unused-ignore"]),
    (
        f"{LINES}  # zdt: ignore[not-looked-at]\n{DROP}",
        0,
        ["ignore-without-reason"],
    ),
]


@pytest.mark.parametrize("body", ACCEPTED)
def test_place_that_is_not_looked_at_is_accepted(project, body):
    project.revision("r1", f"from alembic import context\n{body}")

    done = lint(project.config())

    assert (done.findings, done.unchecked, done.exit_code) == ((), (), 0)


@pytest.mark.parametrize(("body", "places", "expected"), LEFT)
def test_place_that_is_not_accepted(project, body, places, expected):
    project.revision("r1", f"from alembic import context\n{body}")

    done = lint(project.config())

    assert len(done.unchecked) == places
    assert [each.check for each in done.findings] == expected


def test_broken_file_cannot_be_accepted(project):
    path = project.revision("r1")
    project.write(path, f"{path.read_text()}\n# zdt: ignore-file[not-looked-at] x\n1/0")

    done = lint(project.config())

    assert (len(done.unchecked), done.exit_code) == (1, 2)


def test_baseline_has_places_too(project, tmp_path):
    project.revision("r1", f"from alembic import context\n{LINES}\n{DROP}")
    file = str(tmp_path / "known.json")

    written = project.cli("lint", "--write-baseline", file, module="alembic_zdt")
    checked = project.cli("lint", "--baseline", file, module="alembic_zdt")

    assert (written.rc, checked.rc) == (0, 0), checked.output
    assert "0 places" in checked.stdout
