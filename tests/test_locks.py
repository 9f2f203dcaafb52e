"""The lock modes are those of the manual, and of the server."""

from __future__ import annotations

import itertools

import psycopg
import pytest

from alembic_zdt.locks import LockMode

MODES = list(LockMode)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_mode_conflicts_with_what_the_server_refuses(db, mode):
    """Each pair is tried with NOWAIT."""
    db.execute("CREATE TABLE t ()")
    refused = set()

    with db.holding(f"LOCK TABLE t IN {mode.value} MODE"), db.session() as other:
        for wanted in MODES:
            other.execute("BEGIN")
            try:
                other.execute(f"LOCK TABLE t IN {wanted.value} MODE NOWAIT")
            except psycopg.errors.LockNotAvailable:
                refused.add(wanted)
            other.execute("ROLLBACK")

    assert mode.conflicts == refused


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_mode_is_spelled_as_in_pg_locks(db, mode):
    """The view has its own spelling."""
    db.execute("CREATE TABLE t ()")

    with db.holding(f"LOCK TABLE t IN {mode.value} MODE") as other:
        assert ("t", mode.pg_locks_mode, True) in db.locks(other.pid)


def test_conflicts_are_mutual():
    """Whoever comes second waits."""
    for one, other in itertools.product(MODES, MODES):
        assert one.conflicts_with(other) == other.conflicts_with(one)


def test_modes_are_ordered_by_strength():
    """Each later one blocks at least as many modes."""
    counts = [len(mode.conflicts) for mode in MODES]
    assert counts == sorted(counts)


@pytest.mark.parametrize(
    ("mode", "blocks"),
    [
        (LockMode.ACCESS_SHARE, "nothing"),
        (LockMode.ROW_SHARE, "nothing"),
        (LockMode.ROW_EXCLUSIVE, "nothing"),
        (LockMode.SHARE_UPDATE_EXCLUSIVE, "other schema changes"),
        (LockMode.SHARE, "writes"),
        (LockMode.SHARE_ROW_EXCLUSIVE, "writes"),
        (LockMode.EXCLUSIVE, "writes"),
        (LockMode.ACCESS_EXCLUSIVE, "reads and writes"),
    ],
)
def test_mode_says_in_plain_words_what_it_blocks(mode, blocks):
    """For people who do not know the conflict table by heart."""
    assert mode.blocks == blocks
    assert mode.stalls_application == ("writes" in blocks)
