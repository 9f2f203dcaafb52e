"""A process that upgrades the targets of a run, one after the other.

It ends after its present target when the process that started it ends.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from multiprocessing.connection import Connection as Pipe

from alembic_zdt.fleet.forked_process import Description, at_work, when_left
from alembic_zdt.fleet.one_target import TargetWork
from alembic_zdt.fleet.target_errors import ENDS, text_of


def work(described: Description, lifeline: Pipe, run_id: str) -> None:
    """Work until no target is left, or until the other end of *lifeline* is closed.

    An error that ends the process is sent over *lifeline*.

    Args:
        described: the configuration.
        lifeline: the worker's end of a pipe.
        run_id: the run.
    """
    go_on = threading.Event()
    go_on.set()
    when_left(lifeline, go_on.clear)
    with at_work(described) as config:
        try:
            TargetWork(config, run_id).all(go_on)
        except ENDS as error:
            with suppress(OSError):  # the coordinator is gone
                lifeline.send(text_of(error))
            raise
