"""What ``make test-alembic`` makes of two runs of a suite."""

from __future__ import annotations

import pytest

from tools import alembic_suite
from tools.alembic_suite import differences, outcomes, versions
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
        ({"b": "passed"}, ["a: not run instead of passed"]),
        (
            {"a": "passed", "b": "passed", "c": "passed"},
            ["c: passed instead of not run"],
        ),
        ({}, ["a: not run instead of passed", "b: not run instead of passed"]),
    ],
)
def test_a_test_that_ends_in_another_way_is_a_difference(with_us, told):
    assert differences({"a": "passed", "b": "passed"}, with_us) == told


def test_a_suite_that_was_not_run_is_no_success():
    assert differences({}, {}) == ["only 0 tests were run without the package"]


def test_it_is_the_oldest_and_the_newest_alembic():
    assert [alembic for alembic, _ in versions()] == [
        floors()["alembic"],
        LIBRARIES[-1][0],
    ]
