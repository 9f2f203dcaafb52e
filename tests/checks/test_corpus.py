"""Nothing is overlooked, and nothing crashes, however a revision is written."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from alembic_zdt.commands.lint import lint
from tests.checks.cases import CASES
from tests.support.output import parsed, valid
from tests.support.project import ROOT


@pytest.fixture
def linted(tmp_path, monkeypatch):
    """Lints a case, as JSON has it; modules of its project are forgotten."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def run(case, *, downgrade):
        config = case.written_to(tmp_path)
        for given in case.told("environment"):
            monkeypatch.setenv(*given.split("=", 1))
        if case.told("process"):
            return in_its_own(tmp_path, downgrade=downgrade)
        done = lint(config, downgrade=downgrade, stubs=case.told("stub"))
        return valid("lint", done.as_json())

    yield run
    for name in set(sys.modules) - before:
        if is_below(sys.modules[name], tmp_path):
            del sys.modules[name]


def in_its_own(folder, *, downgrade):
    back = ["--downgrade"] if downgrade else []
    done = subprocess.run(
        [sys.executable, "-m", "alembic_zdt", "lint", "--json", *back],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return parsed("lint", done.stdout)


def is_below(module, folder):
    file = getattr(module, "__file__", None)
    return bool(file) and Path(file).is_relative_to(folder)


def place(each):
    return Path(each["file"]).name, each["line"]


@pytest.mark.filterwarnings("ignore")  # some are old
@pytest.mark.parametrize("downgrade", [False, True], ids=["up", "back"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case, linted, downgrade):
    """What its comments say is found, at their lines, and nothing else."""
    done = linted(case, downgrade=downgrade)

    found = Counter((place(each), each["check"]) for each in done["findings"])
    assert found == case.found("found", "false alarm", is_back=downgrade)
    left_out = sorted((place(each), each["reason"]) for each in done["unchecked"])
    expected = sorted(case.left_out(is_back=downgrade))
    assert [where for where, _ in left_out] == [where for where, _ in expected], (
        left_out
    )
    for (_, reason), (_, part) in zip(left_out, expected, strict=True):
        assert part in reason


def total(*kinds):
    both = (
        case.found(*kinds, is_back=back) for case in CASES for back in (False, True)
    )
    return sum(each.total() for each in both)


def test_fewer_than_two_false_alarms_in_a_hundred():
    assert total("found") > 250
    assert total("false alarm") / total("found", "false alarm") < 0.02


def test_nothing_is_found_on_a_table_of_the_same_revision():
    """Nobody else uses it yet."""
    own = [case for case in CASES if case.subject == "new_tables"]

    assert len(own) > 15
    for case in own:
        assert not case.found("found", "false alarm", is_back=False), case


def test_what_is_overlooked_is_known():
    """It hangs on rows, tables and servers that are not there while it is run."""
    overlooked = {str(case) for case in CASES if case.told("overlooked")}

    assert overlooked == KNOWN


KNOWN = {
    "asking/column_is_there",
    "asking/has_table_else",
    "asking/helper_for_columns",
    "asking/reflected_table",
    "asking/row_that_must_be_there",
    "batch/fails_halfway",
    "batch/recreated_by_reflection",
    "metadata/create_all",
    "transactions/connection_of_its_own",
    "transactions/isolation_level",
    "ways_to_call/run_async",
}
