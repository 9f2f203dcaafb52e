"""``alembic-zdt plan``: what would run, with its locks, before anything runs.

The revisions are run as for ``--sql``, with every operation caught before it writes.
Where the database can be reached, it is asked which revisions are pending, how its
tables are partitioned, and which steps are done already.
"""

from __future__ import annotations

import itertools
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from alembic_zdt.env.url_sources import placeholder
from alembic_zdt.errors import UsageError
from alembic_zdt.recording.database_comparison import compare
from alembic_zdt.recording.dry_run import recorded
from alembic_zdt.recording.environment import looking_at_each
from alembic_zdt.recording.planned_steps import Plan


def make_plan(
    config: Config, revision_range: str | None, *, downgrade: bool = False
) -> Plan:
    """The plan for *revision_range*, or for what is pending.

    Args:
        config: Alembic's.
        revision_range: ``from:to`` needs no database, and either side may be left
            out; a single revision, also a relative one, is planned from where the
            database is; None is all that is pending.
        downgrade: take revisions back instead.

    Raises:
        CommandError: a revision does not exist or cannot be planned.
        UsageError: a downgrade without a target, or without a place to start from.
    """
    script = ScriptDirectory.from_config(config)
    start, colon, end = (revision_range or "").rpartition(":")
    if downgrade and not end:
        raise _no_target()
    if not colon:
        return _from_database(config, script, end or "heads", downgrade=downgrade)
    start = start or ("heads" if downgrade else "base")
    found = recorded(config, script, start, end or "heads", downgrade=downgrade)
    return Plan(found, downgrade)


def _from_database(
    config: Config, script: ScriptDirectory, end: str, *, downgrade: bool
) -> Plan:
    """The way from where the database is; from the base if it cannot be asked."""
    starts: list[Any] = ["base"]
    reason = ""
    try:
        found = looking_at_each(config, script, lambda _context, heads: heads)
        starts = [heads or "base" for heads in found]
    except CommandError:
        raise
    except Exception as error:  # noqa: BLE001  # env.py and the driver raise anything
        unset = placeholder(config, error)
        reason = unset.primary if unset else _words(error)
    if reason and downgrade:
        raise _no_start(reason, end)
    plan = Plan(
        recorded(
            config, script, starts[0], end, downgrade=downgrade, others=starts[1:]
        ),
        downgrade,
        reason=reason,
    )
    if not reason:
        places = itertools.count()
        looking_at_each(
            config,
            script,
            lambda context, _heads: compare(plan, context, next(places)),
        )
    return plan


def _words(error: Exception) -> str:
    found = getattr(error, "orig", None) or error
    text = " ".join(str(found).split())[:300]
    return f"{type(found).__name__}: {text}" if text else type(found).__name__


def _no_target() -> UsageError:
    return UsageError(
        "a downgrade needs its target",
        detail="Without a revision there is no telling how far back it goes.",
        hint='Write for example "alembic-zdt plan --downgrade -1" or '
        '"alembic-zdt plan --downgrade <from>:<to>".',
    )


def _no_start(reason: str, end: str) -> UsageError:
    return UsageError(
        "cannot plan a downgrade without knowing where it starts",
        detail=f"The database could not be asked for its revision ({reason}).",
        hint=f'Name both ends: "alembic-zdt plan --downgrade <from>:{end}".',
    )
