"""A timeout that a revision switches off no longer bounds how long others wait.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import USERS
from alembic_zdt.checks.sql.effects import SetTimeout
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import AUTOCOMMIT, Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if not isinstance(act, SetTimeout) or _is_for_a_build(act, call):
            continue
        before = _before(act, context)
        if act.milliseconds == 0:
            yield Problem(f"{act.description} switches {act.name} off")
        elif before and act.milliseconds and act.milliseconds > before:
            words = f"{act.description} makes {act.name} longer"
            yield Problem(f"{words} ({act.milliseconds:g} ms, not {before:g} ms)")


def _is_for_a_build(act: SetTimeout, call: Call) -> bool:
    """Check whether the timeout may be for a CONCURRENTLY build, which takes long."""
    is_alone = call.transaction == AUTOCOMMIT and act.description == "SET"
    return is_alone and act.name != "lock_timeout"


def _before(act: SetTimeout, context: CheckContext) -> float | None:
    """Return the value that this revision has set before, if any."""
    earlier = [
        other.milliseconds
        for call in context.earlier
        for other in call.acts
        if isinstance(other, SetTimeout) and other.name == act.name
    ]
    return earlier[-1] if earlier else None


CHECK = Check(
    id="set-timeout",
    severity=Severity.WARNING,
    reason="Without lock_timeout a change waits for its lock until other transactions "
    "end, and every query of the table waits behind it. SET lasts until the end of "
    "the session, so later revisions run with it, too. ALTER ROLE and ALTER DATABASE "
    "also change the timeout of the application. Write SET LOCAL with a short time. "
    "If the time is not enough, run the upgrade again.",
    look=_look,
    setup=USERS,
    bad='op.execute("SET lock_timeout = 0")',
    good="op.execute(\"SET LOCAL lock_timeout = '500ms'\")",
    elsewhere={
        "squawk": "require-timeout-settings",
        "eugene": "E9",
    },
)
