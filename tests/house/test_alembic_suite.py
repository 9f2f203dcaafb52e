"""What ``make test-alembic`` makes of two runs of a suite."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import alembic_suite
from tools.alembic_suite import Suite, differences, outcomes, versions
from tools.lowest import floors
from tools.matrix import LIBRARIES

REPORT = """
<testsuites><testsuite>
<testcase classname="tests.A" name="test_a[1]" />
<testcase classname="tests.A" name="test_b"><failure message="no" /></testcase>
<testcase classname="tests.A" name="test_c"><skipped message="no" /></testcase>
<testcase classname="tests.A" name="test_d"><error message="no" /></testcase>
</testsuite></testsuites>
"""

OWN_OPTION = """
def pytest_addoption(parser):
    parser.addoption("--dburi")
"""
SOME_TESTS = """
import pytest

class Test:
    @pytest.mark.parametrize("text", ["a.py::b", "c"])
    def test_a(self, text):
        assert text == "c"

def test_b():
    pytest.skip()

def test_c():
    pass
"""


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(alembic_suite, "FEWEST", 2)


def test_a_report_says_how_each_test_ended():
    assert dict(outcomes(REPORT)) == {
        "tests.A::test_a[1]": "passed",
        "tests.A::test_b": "failed",
        "tests.A::test_c": "skipped",
        "tests.A::test_d": "error",
    }


def test_the_same_failures_are_no_difference():
    found = {"a": "failed", "b": "passed"}

    assert differences(found, dict(found)) == []


@pytest.mark.parametrize(
    ("with_us", "told"),
    [
        ({"a": "failed", "b": "passed"}, ["a: failed instead of passed"]),
        (
            {"b": "passed", "c": "passed"},
            ["a: not run instead of passed", "c: passed instead of not run"],
        ),
        (
            {"a": "passed", "b": "passed", "c": "passed"},
            ["c: passed instead of not run"],
        ),
    ],
)
def test_a_test_that_ends_in_another_way_is_a_difference(with_us, told):
    assert differences({"a": "passed", "b": "passed"}, with_us) == told


def test_a_test_that_passes_is_only_looked_for_without_the_package():
    without = {"a": "found", "b": "failed", "c": "found"}

    assert differences(without, {"a": "passed", "b": "failed", "c": "passed"}) == []


def test_a_test_that_does_not_pass_is_not_only_looked_for():
    told = differences({"a": "found", "b": "found"}, {"a": "passed", "b": "failed"})

    assert told == ["b: failed instead of found"]


def test_without_the_package_those_are_run_that_did_not_pass(tmp_path):
    (tmp_path / "conftest.py").write_text(OWN_OPTION)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").write_text(SOME_TESTS)
    suite = Suite("1.20.1", Path(sys.executable), tmp_path, workers=0)
    named = ["tests.test_x.Test::test_a[a.py::b]", "tests.test_x::test_b"]

    found = suite.run_without("sqlite://", named)

    assert found == {
        "tests.test_x.Test::test_a[a.py::b]": "failed",
        "tests.test_x.Test::test_a[c]": "found",
        "tests.test_x::test_b": "skipped",
        "tests.test_x::test_c": "found",
    }


def test_a_suite_that_was_not_run_is_no_success():
    assert differences({}, {}) == ["only 0 tests were run with the package"]


def test_it_is_the_oldest_and_the_newest_alembic():
    assert [alembic for alembic, _ in versions()] == [
        floors()["alembic"],
        LIBRARIES[-1][0],
    ]
