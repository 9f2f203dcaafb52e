"""``make mutants`` changes code and SQL, and tells which change no test noticed."""

from __future__ import annotations

import ast

import pytest

from tools import mutants
from tools.mutants import AREAS, ROOT, drawn, main
from tools.mutations import mutations_of

PYTHON = '''\
"""Not this: a < b AND c."""

def f(a: int = 1) -> bool:
    """Nor this."""
    with lock():
        call(a)
    return a < 2 and not b
QUERY = f"SELECT {a} WHERE x = y AND NOT z"
'''
WANTED = [
    "f(a: int = (1 + 1))",
    "if True:",
    "        pass",
    "a <= 2 and",
    "a < (2 + 1) and",
    "a < 2 or not b",
    "return not b",
    "return a < 2\n",
    "x <> y",
    "x = y OR NOT z",
    "x = y AND z",
]


def changed(path):
    return [each.applied() for each in mutations_of(path) if each.compiles]


def test_code_and_sql_are_changed_and_words_are_not(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(PYTHON)

    found = changed(path)

    for text in WANTED:
        assert any(text in each for each in found), text
    for each in found:
        ast.parse(each)
        assert '"""Not this: a < b AND c."""' in each
        assert '"""Nor this."""' in each


def test_a_file_of_sql_is_changed(tmp_path):
    path = tmp_path / "script.sql"
    path.write_text("IF NOT zdt_is_there AND zdt_rows < 5 THEN")

    found = changed(path)

    assert "IF zdt_is_there AND zdt_rows < 5 THEN" in found
    assert "IF NOT zdt_is_there OR zdt_rows < 5 THEN" in found
    assert "IF NOT zdt_is_there AND zdt_rows <= 5 THEN" in found


@pytest.mark.parametrize("area", AREAS)
def test_each_area_has_files_and_tests(area):
    found = drawn(ROOT, area, 20, 1)

    assert len(found) == 20
    for mutation, tests in found:
        assert mutation.path.read_text() != mutation.applied()
        assert all((ROOT / each).exists() for each in tests)


@pytest.mark.parametrize("area", AREAS)
def test_each_row_of_an_area_names_files_that_are_there(area):
    files = [str(path.relative_to(ROOT)) for path in (ROOT / "alembic_zdt").rglob("*")]

    unused = [
        where
        for where, _tests in AREAS[area]
        if not any(file.startswith(where) for file in files)
    ]

    assert unused == []


@pytest.mark.parametrize(("seen", "code"), [(True, 0), (False, 1)])
def test_what_survives_is_shown(cluster, monkeypatch, tmp_path, capsys, seen, code):
    """With one file, and a test that looks at its text."""
    package, test = tmp_path / "alembic_zdt" / "guard", tmp_path / "test_it.py"
    package.mkdir(parents=True)
    (package / "it.py").write_text("import os\nX = os is None\n")
    test.write_text(
        "from pathlib import Path\n\ndef test_it():\n"
        f"    assert {not seen} or 'is None' in Path('alembic_zdt/guard/it.py')"
        ".read_text()\n"
    )
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    monkeypatch.setenv("ZDT_TEST_DSN", cluster.dsn())
    monkeypatch.setitem(AREAS, "guard", (("alembic_zdt/guard/", "test_it.py"),))

    assert main(["guard", "--count", "1"]) == code

    said = capsys.readouterr().out
    assert ("killed alembic_zdt/guard/it.py:2" in said) is seen
    assert ("+X = os is not None" in said) is not seen
