"""Comments that let a finding be."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.lint import lint, lint_files

INDEX = 'op.create_index("ix", "users", ["email"])'


SEVERAL = "op.execute('TRUNCATE t; DROP TABLE t')"
LET_BE = [
    f"{INDEX}  # zdt: ignore[create-index] nobody writes",
    f"# zdt: ignore[create-index] nobody writes\n{INDEX}",
    f"# zdt: ignore[create-index]   nobody writes\n# more words\n{INDEX}",
    f"op.create_index(  # zdt: ignore[create-index] tiny\n{INDEX[16:]}",
    f"{INDEX[:-1]}\n)  # zdt: ignore[create-index] tiny",
    f"op.create_index(\n    # zdt: ignore[create-index] tiny\n{INDEX[16:]}",
    f"if True:\n    # zdt: ignore[create-index] tiny\n    {INDEX}",
    f"# zdt: ignore-file[create-index] all of it is tiny\n{INDEX}\n{INDEX}",
    f"{SEVERAL}  # zdt: ignore[drop-table, truncate-table] nobody has it",
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

    assert found.words == "nothing of drop-table is found here any more"
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
