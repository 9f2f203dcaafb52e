"""``make mutants`` changes code and SQL, and tells which change no test noticed."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys

import pytest

from tools import mutants
from tools.mutants import AREAS, ROOT, drawn, main
from tools.mutations import mutations_of
from tools.nearest_tests import NearestTests, environment

PYTHON = '''\
"""Not this: a < b AND c."""

__all__ = ["f", True]
_PATIENCE = 5.0
_SIZE = 1000

def f(a: int = 1) -> bool:
    """Nor this."""
    log.info("%s", a == 7)
    self._notices.say("%s", a == 7)
    self._database.sleep(5)
    assert a is not 8
    if a.version >= 9:
        raise LaterError(hint="a < b AND c", detail=a == 6)
    if time.monotonic() > a:
        return zip(a, b, strict=True)
    with lock():
        call(a)
    return a < 2 and not b
QUERY = f"SELECT {a} WHERE x = y AND NOT z"
'''
WANTED = [
    "f(a: int = (1 + 1))",
    "if not (a.version >= 9):",
    "if time.monotonic() <= a:",
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
KEPT = [
    '"""Not this: a < b AND c."""',
    '"""Nor this."""',
    '["f", True]',
    "5.0",
    "1000",
    'log.info("%s", a == 7)',
    'self._notices.say("%s", a == 7)',
    "self._database.sleep(",
    "a is not 8",
    "a.version >= 9",
    'LaterError(hint="a < b AND c", detail=a == 6)',
    "strict=True",
]
SQL = """\
-- A comment: a = b AND c.
IF NOT zdt_is_there AND zdt_rows < 5 THEN
  RAISE EXCEPTION 'a AND b' USING HINT = 'c = d';
END IF;
UPDATE t SET a = 1, b = c WHERE d = 2 AND e BETWEEN 3 AND 4;
CREATE OR REPLACE TRIGGER t BEFORE INSERT OR UPDATE ON t
"""
SQL_WANTED = [
    "IF zdt_is_there AND zdt_rows < 5 THEN",
    "IF NOT zdt_is_there OR zdt_rows < 5 THEN",
    "IF NOT zdt_is_there AND zdt_rows <= 5 THEN",
    "WHERE d <> 2 AND",
    "WHERE d = 2 OR",
]
SQL_KEPT = [
    "-- A comment: a = b AND c.",
    "RAISE EXCEPTION 'a AND b' USING HINT = 'c = d'",
    "SET a = 1, b = c WHERE",
    "BETWEEN 3 AND 4",
    "CREATE OR REPLACE TRIGGER t BEFORE INSERT OR UPDATE ON t",
]


def changed(path):
    return [each.applied() for each in mutations_of(path) if each.compiles]


@pytest.mark.parametrize(
    ("name", "source", "wanted", "kept"),
    [
        ("module.py", PYTHON, WANTED, KEPT),
        ("script.sql", SQL, SQL_WANTED, SQL_KEPT),
    ],
)
def test_code_and_sql_are_changed_and_words_are_not(
    tmp_path, name, source, wanted, kept
):
    path = tmp_path / name
    path.write_text(source)

    found = changed(path)

    assert len(found) == len(set(found))
    for text in wanted:
        assert any(text in each for each in found), text
    for each in found:
        assert all(text in each for text in kept), each
        if name.endswith(".py"):
            ast.parse(each)


@pytest.mark.parametrize("area", AREAS)
def test_each_area_has_files_and_tests(area):
    files = [str(path.relative_to(ROOT)) for path in (ROOT / "alembic_zdt").rglob("*")]

    found = drawn(ROOT, area, 20, 1)

    assert len(found) == 20
    for mutation in found:
        assert mutation.path.read_text() != mutation.applied()
    for beginning in AREAS[area].code:
        assert any(file.startswith(beginning) for file in files), beginning
    for test in AREAS[area].tests:
        path, _, name = test.rpartition("=")[2].partition("::")
        assert (ROOT / path).exists(), test
        assert not name or f"def {name}(" in (ROOT / path).read_text(), test


MODULE = """\
import functools

LIMIT = 3

def is_low(number):
    if number < LIMIT:
        return True
    return (
        number is
        None
    )

@functools.cache
def cached():
    return 1

def other():
    return 2
"""


def test_the_nearest_tests_execute_the_statement_the_quickest_first(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(MODULE)
    seconds = {"a": 3.0, "b[1]": 1.0, "b[2]": 2.0, "c": 4.0, "d": 5.0}
    seconds |= {"e[1]": 0.01, "e[2]": 0.02}
    by_line = {
        3: {"c"},
        6: {"a", "b[1]", "b[2]"},
        7: {"a", "e[1]", "e[2]"},
        9: {"b[2]"},
        15: {"c"},
        18: {"d"},
    }
    nearest = NearestTests(tmp_path, seconds, {"module.py": by_line})

    found = {line: nearest.of(path, line) for line in (3, 6, 7, 10, 15, 18)}

    assert found == {
        3: ["b[1]", "a", "c", "b[2]"],  # those that use it
        6: ["b[1]", "a", "b[2]"],
        7: ["e[1]", "e[2]", "a"],
        10: ["b[2]"],
        # Any of the file may have filled it; what costs nothing comes first.
        15: ["e[1]", "e[2]", "b[1]", "a", "c", "d", "b[2]"],
        18: ["d"],
    }


CODE = """\
import os

def seen(a):
    return a is None

def unseen(a):
    return a is None

def not_run(a):
    return a is None

def long(a):
    while a:
        a = None
"""
TESTS = """\
import subprocess, sys
from alembic_zdt.guard import it

def test_them():
    assert it.seen(None)
    it.long([])
    code = "from alembic_zdt.guard import it; it.unseen(1)"
    subprocess.run([sys.executable, "-c", code], check=True)
"""


@pytest.fixture
def small_project(tmp_path, monkeypatch):
    package = tmp_path / "alembic_zdt" / "guard"
    package.mkdir(parents=True)
    for each in (package.parent, package):
        (each / "__init__.py").touch()
    (package / "it.py").write_text(CODE)
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    monkeypatch.setattr(mutants, "MORE", 8)
    monkeypatch.setitem(
        AREAS, "guard", mutants.Area(("alembic_zdt/guard/",), ("test_it.py",))
    )
    return tmp_path


def test_what_survives_is_shown(small_project, capsys):
    """A test in a process of its own counts; a change that never ends is noticed."""
    (small_project / "test_it.py").write_text(TESTS)

    assert main(["guard", "--count", "9", "--seed", "1"]) == 1

    said = capsys.readouterr().out
    assert "seed 1: 4 mutants" in said
    assert "\nkilled alembic_zdt/guard/it.py:4 " in said
    assert "\nSURVIVED alembic_zdt/guard/it.py:7 " in said
    assert "1 tests pass\n" in said
    assert "+    return a is not None" in said
    assert (
        "no test runs this\n"
        in said.partition("SURVIVED alembic_zdt/guard/it.py:10")[2]
    )
    assert "\nkilled by time alembic_zdt/guard/it.py:13 " in said
    assert "killed: 2 of 4, 1 of them by time" in said


def test_a_mutant_is_tried_whatever_was_compiled_of_the_one_before(tmp_path):
    """Both have one size and one time, by which Python knows compiled code."""
    module, seen = tmp_path / "it.py", set()
    for code in ("A = 1", "A = 2"):
        mutants._write(module, code)
        os.utime(module, (0, 0))
        ask = "import it; print(it.A)"
        seen.add(
            subprocess.run(
                [sys.executable, "-c", ask],
                cwd=tmp_path,
                env=environment(tmp_path),
                capture_output=True,
                check=True,
            ).stdout
        )

    assert len(seen) == 2


def test_nothing_is_tried_while_tests_fail_anyway(small_project, capsys):
    (small_project / "test_it.py").write_text("assert 1 == 2\n")

    assert main(["guard", "--count", "1"]) == 2

    said = capsys.readouterr().out
    assert "tests fail without a mutant" in said
    assert "assert 1 == 2" in said
    assert "killed" not in said
