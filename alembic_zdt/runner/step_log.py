"""The log line of a step that was run: its SQL, its locks and its times."""

from __future__ import annotations

import logging

from alembic_zdt.runner.step_timing import Timing
from alembic_zdt.steps import Step

log = logging.getLogger("alembic_zdt")


def log_step(step: Step, timing: Timing) -> None:
    """Log a step, and warn of its later cost."""
    locks = ", ".join(str(lock) for lock in step.locks) or "no table lock"
    log.info(
        "%s: %s [%s; queued %.3f s, ran %.3f s%s]",
        step.purpose,
        step.sql,
        locks,
        timing.queued,
        timing.ran,
        f", {timing.tries} tries" if timing.tries > 1 else "",
    )
    if step.note:
        log.warning("note: %s", step.note)
