"""How many rows of a page are taken follows from how many stay there."""

from __future__ import annotations

from alembic_zdt.backfill.batches import Outcome
from alembic_zdt.backfill.room import FEWEST, PASSES, Range, Room

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
    room = Room(indexed=False, dense=FEWEST * PASSES)

    for _ in range(50):
        assert room.learn(FULL_PAGES) is False

    assert room.rows_per_page == FEWEST


def test_pages_with_room_are_soon_done_whole():
    room = Room(indexed=False, dense=FEWEST * PASSES)

    for _ in range(10):
        assert room.learn(ROOMY_PAGES) is False

    assert room.rows_per_page is None


def test_full_pages_after_roomy_ones_are_noticed():
    room = Room(indexed=False, dense=FEWEST * PASSES)
    for _ in range(10):
        room.learn(ROOMY_PAGES)

    room.learn(seen((1000, 20)))

    assert room.rows_per_page == FEWEST


def test_rows_that_do_not_stay_anyway_are_done_at_once_and_tried_again_later():
    room = Room(indexed=False, dense=FEWEST * PASSES)

    assert room.learn(NOTHING_STAYS) is True
    assert room.rows_per_page is None
    ranges = 0
    while room.rows_per_page is None:
        ranges += 1
        assert room.learn(seen((1000, 0))) is False

    assert 10 < ranges < 100


def test_an_index_on_the_column_leaves_no_choice():
    room = Room(indexed=True, dense=60)

    for found in (FULL_PAGES, ROOMY_PAGES, NOTHING_STAYS):
        assert room.learn(found) is False
        assert room.rows_per_page is None


def test_a_range_without_rows_teaches_nothing():
    room = Room(indexed=False, dense=FEWEST * PASSES)

    room.learn(seen((0, 0)))

    assert room.rows_per_page == FEWEST


def test_dense_pages_take_more_rows_at_once():
    room = Room(indexed=False, dense=PASSES * 5)
    assert room.rows_per_page == 5

    room.learn(seen(*[(20 * PAGES, 0), *[(20 * PAGES, 20 * PAGES)] * (PASSES - 1)]))

    assert room.rows_per_page == 20


def test_a_range_is_passed_over_until_little_is_left():
    found = seen((500, 0))
    assert found.next_pass(10) == 10
    found.add(Outcome(rows=500, hot=500), PAGES)
    assert found.next_pass(10) == 10

    found.add(Outcome(rows=200, hot=200), PAGES)

    assert found.next_pass(10) is None


def test_fewer_rows_are_taken_when_they_do_not_all_fit():
    found = seen((500, 0), (500, 500 - PAGES))

    assert found.next_pass(10) == 9
    assert found.next_pass(FEWEST) == FEWEST
    assert found.next_pass(1) == 1


def test_rows_that_come_back_do_not_keep_us_forever():
    found = seen(*[(500, 500)] * 1000)

    assert found.next_pass(10) is None


def test_after_a_range_without_rows_the_rest_is_looked_at():
    assert seen((0, 0)).next_pass(10) is None
