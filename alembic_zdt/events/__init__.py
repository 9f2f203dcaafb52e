"""Events of migrations: what a run does, told to functions of the user.

Example::

    from alembic_zdt import events

    events.subscribe(print)
"""

from __future__ import annotations

from alembic_zdt.events.event_kinds import (
    BackfillProgressed,
    Blocked,
    Blocker,
    Event,
    GateClosed,
    LockWaited,
    RevisionApplied,
    RunFailed,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
)
from alembic_zdt.events.subscribers import Subscription, subscribe

__all__ = [
    "BackfillProgressed",
    "Blocked",
    "Blocker",
    "Event",
    "GateClosed",
    "LockWaited",
    "RevisionApplied",
    "RunFailed",
    "RunFinished",
    "RunStarted",
    "StepFinished",
    "StepStarted",
    "Subscription",
    "subscribe",
]
