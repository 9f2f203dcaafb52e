"""How long a step still takes, by its progress and by what steps took before."""

from __future__ import annotations

import pytest

from alembic_zdt.estimates.cost_model import seconds
from alembic_zdt.estimates.estimate import Estimate, estimate
from alembic_zdt.estimates.estimate_text import estimate_text, size_text
from alembic_zdt.estimates.step_history import MeasuredStep
from alembic_zdt.estimates.time_left import PHASES, seconds_left, share_done
from alembic_zdt.estimates.work_size import WorkSize
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import Work, WorkKind
from tests.support.project import ROOT

SIZE = WorkSize(1 << 30, 10_000_000, 10_000_000, 1 << 28)
WORK = Work(WorkKind.INDEX, QualifiedName("t"), ("a",))


def known(took):
    """The estimate after a step of the same size has taken so many seconds."""
    return estimate(WORK, SIZE, [MeasuredStep(WorkKind.INDEX, SIZE, took)])


def test_phases_follow_each_other_without_a_gap():
    ends = [end for _, end in PHASES.values()]

    assert [begin for begin, _ in PHASES.values()] == [0.0, *ends[:-1]]
    assert ends[-1] == 1.0


@pytest.mark.parametrize(
    ("phase", "percent", "share"),
    [
        ("building index: scanning table", 0.0, 0.0),
        ("building index: scanning table", 50.0, 0.16),
        ("index validation: scanning table", 100.0, 1.0),
        ("index validation: sorting tuples", None, 0.85),
        ("waiting for old snapshots", None, None),
    ],
)
def test_share_of_a_build(phase, percent, share):
    assert share_done(phase, percent) == (share and pytest.approx(share))


def test_first_build_of_a_server_counts_on_its_progress():
    guess = estimate(WORK, SIZE, [])

    assert seconds_left(2.0, 0.02, guess) is None
    assert seconds_left(30.0, 0.25, guess) == pytest.approx(90.0)


def test_later_build_counts_on_the_estimate_first_and_on_progress_last():
    before = known(100.0)

    assert seconds_left(1.0, 0.0, before) == pytest.approx(99.0)
    assert seconds_left(190.0, 0.95, before) == pytest.approx(9.5, abs=1.0)


def test_validation_tells_nothing_once_it_takes_longer_than_expected():
    before = known(100.0)

    assert seconds_left(40.0, None, before) == pytest.approx(60.0)
    assert seconds_left(101.0, None, before) is None
    assert seconds_left(40.0, None, estimate(WORK, SIZE, [])) is None


def test_range_narrows_with_each_step_that_agrees():
    alike = [MeasuredStep(WorkKind.INDEX, SIZE, 100.0)] * 5

    one, five = (estimate(WORK, SIZE, alike[:count]) for count in (1, 5))

    assert one.likely == five.likely == pytest.approx(100.0)
    assert five.high - five.low < one.high - one.low
    assert estimate(WORK, SIZE, []).likely == pytest.approx(
        seconds(WorkKind.INDEX, SIZE)
    )


def test_lines_of_the_page():
    """What the page shows is what an estimate of these numbers looks like."""
    size = WorkSize(round(1.2 * 2**30), 14_000_000, 14_000_000, 420 << 20)
    shown = Estimate(
        *(231.0, 415.0, 745.0, 420 << 20, 420 << 20),
        until="the old index is dropped",
        source="history",
        samples=5,
        size=size,
    )
    page = (ROOT / "docs" / "estimates.md").read_text()

    assert f"`size: {size_text(shown)}`" in page
    assert f"`estimate: {estimate_text(shown)}`" in page


def test_steps_of_another_kind_do_not_count():
    other = MeasuredStep(WorkKind.CHECK, SIZE, 100.0)

    assert estimate(WORK, SIZE, [other]).source == "default"
