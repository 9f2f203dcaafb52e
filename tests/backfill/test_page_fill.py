"""How many rows of a page are taken follows from how many stay there."""

from __future__ import annotations

from alembic_zdt.backfill.batches import Outcome
from alembic_zdt.backfill.page_fill import FEWEST, PASSES, PageFill, Range

PAGES = 50


def seen(*passes):
    found = Range()
    for rows, hot in passes:
        found.add(Outcome(rows=rows, hot=hot), PAGES)
    return found


FULL_PAGES = seen((100, 2), (100, 97), (100, 99), (40, 40))
ROOMY_PAGES = seen((100, 100), (100, 100))
NOTHING_STAYS = seen((100, 2), (100, 1), (100, 0))


def test_full_pages_are_done_a_few_rows_at_a_time():
    room = PageFill(indexed=False, dense=FEWEST * PASSES)

    for _ in range(50):
        assert room.learn(FULL_PAGES) is False

    assert room.rows_per_page == FEWEST


def test_pages_with_room_are_soon_done_whole():
    room = PageFill(indexed=False, dense=FEWEST * PASSES)

    for _ in range(10):
        assert room.learn(ROOMY_PAGES) is False

    assert room.rows_per_page is None


def test_full_pages_after_roomy_ones_are_noticed():
    room = PageFill(indexed=False, dense=FEWEST * PASSES)
    for _ in range(10):
        room.learn(ROOMY_PAGES)

    room.learn(seen((1000, 20)))

    assert room.rows_per_page == FEWEST


def test_rows_that_do_not_stay_anyway_are_done_at_once_and_tried_again_later():
    room = PageFill(indexed=False, dense=FEWEST * PASSES)

    assert room.learn(NOTHING_STAYS) is True
    assert room.rows_per_page is None
    ranges = 0
    while room.rows_per_page is None:
        ranges += 1
        assert room.learn(seen((1000, 0))) is False

    assert 10 < ranges < 100


def test_an_index_on_the_column_leaves_no_choice():
    room = PageFill(indexed=True, dense=60)

    for found in (FULL_PAGES, ROOMY_PAGES, NOTHING_STAYS):
        assert room.learn(found) is False
        assert room.rows_per_page is None


def test_a_range_without_rows_teaches_nothing():
    room = PageFill(indexed=False, dense=FEWEST * PASSES)

    room.learn(seen((0, 0)))

    assert room.rows_per_page == FEWEST


def test_dense_pages_take_more_rows_at_once():
    room = PageFill(indexed=False, dense=PASSES * 5)
    assert room.rows_per_page == 5

    room.learn(seen(*[(20 * PAGES, 0), *[(20 * PAGES, 20 * PAGES)] * (PASSES - 1)]))

    assert room.rows_per_page == 20


def test_a_range_is_passed_over_until_little_is_left():
    found = seen((500, 0))
    assert found.next_pass(10) == 9, "new versions are longer"
    found.add(Outcome(rows=450, hot=450), PAGES)
    assert found.next_pass(9) == 9

    found.add(Outcome(rows=200, hot=200), PAGES)

    assert found.next_pass(9) is None


def test_fewer_rows_are_taken_when_they_do_not_all_fit():
    found = seen((500, 0), (500, 500 - PAGES))
    assert found.next_pass(10) == 10, "now and then one has to move"
    found.add(Outcome(rows=500, hot=500), PAGES)
    assert found.next_pass(10) == 10

    found.add(Outcome(rows=500, hot=500 - PAGES), PAGES)

    assert found.next_pass(10) == 9
    found.add(Outcome(rows=450, hot=450 - PAGES), PAGES)
    assert found.next_pass(9) == 9


def test_half_of_the_pages_may_move_a_row_each_time():
    found = seen((500, 0))
    for _ in range(4):
        found.add(Outcome(rows=500, hot=500 - PAGES // 2), PAGES)
        assert found.next_pass(10) == 10


def test_one_row_or_two_are_the_fewest():
    assert seen((500, 0)).next_pass(FEWEST) == FEWEST
    assert seen((500, 0)).next_pass(1) == 1


def test_rows_that_come_back_do_not_keep_us_forever():
    found = seen(*[(500, 500)] * 1000)

    assert found.next_pass(10) is None


def test_after_a_range_without_rows_the_rest_is_looked_at():
    assert seen((0, 0)).next_pass(10) is None


def test_fewer_rows_because_fewer_were_asked_for_do_not_mean_that_it_is_done():
    found = seen((250, 0))

    few = found.next_pass(5)
    for _ in range(4):
        rows = PAGES * few
        found.add(Outcome(rows=rows, hot=rows - PAGES), PAGES)
        few = found.next_pass(few)

    assert few == FEWEST
    found.add(Outcome(rows=PAGES * few, hot=PAGES * few), PAGES)
    assert found.next_pass(few) == few


def test_passes_that_move_all_rows_are_soon_given_up():
    found = seen(*[(250, 0)] * 5)

    assert found.next_pass(5) is None
    assert not found.is_nearly_done
    assert NOTHING_STAYS.next_pass(5) is not None, "it may have been a moment only"


def test_what_may_move_is_done_on_fewer_pages_at_once():
    opening = 40
    assert seen().pages_at_once(5, opening) == opening
    assert seen((250, 0)).pages_at_once(5, opening) == 5 * opening
    assert seen((250, 0), (250, 190)).pages_at_once(4, opening) == 4 * opening
    assert seen((250, 0), (250, 10)).pages_at_once(4, opening) == opening
    assert NOTHING_STAYS.pages_at_once(None, opening) == opening // PASSES


def test_what_stays_is_done_on_all_pages_at_once():
    assert seen((250, 0), (250, 250)).pages_at_once(5, 40) is None
    assert seen((250, 0), (20, 20)).pages_at_once(None, 40) is None


def test_what_batches_did_adds_up():
    one = Outcome(rows=5, hot=3, seconds=0.5, waiters=2)

    assert Outcome() + Outcome() == Outcome(rows=0, hot=0, seconds=0.0)
    assert Outcome() + one + one == Outcome(rows=10, hot=6, seconds=1.0)
