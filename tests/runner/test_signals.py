"""SIGTERM ends a command where Ctrl-C would."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from alembic_zdt.runner import signals


@pytest.fixture
def listening():
    before = signals.listen()
    assert before is signal.SIG_DFL
    yield
    signals.stop_listening(before)


def test_it_raises_where_the_program_is(listening):
    with pytest.raises(KeyboardInterrupt) as caught:
        os.kill(os.getpid(), signal.SIGTERM)

    assert signals.number_of(caught.value) is signal.SIGTERM


def test_it_cancels_the_task_of_an_event_loop(listening):
    """An exception within the loop could leave a driver waiting for ever."""
    ended = []

    async def work():
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    with pytest.raises(KeyboardInterrupt) as caught:
        asyncio.run(work())

    assert ended == ["cancelled"]
    assert signals.number_of(caught.value) is signal.SIGTERM
    signals.stop_listening(signal.SIG_DFL)
    assert signals.listen() is signal.SIG_DFL
    assert signals.number_of(KeyboardInterrupt()) is signal.SIGINT
