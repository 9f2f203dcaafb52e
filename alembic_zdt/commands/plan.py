"""``alembic-zdt plan``: the steps and locks of revisions before they run.

The revisions run as for ``--sql``, and every operation is intercepted before it writes.
If the database can be reached, it is asked for pending revisions, partitions and
completed steps.  The facts of a database can answer most of it instead.
"""

from __future__ import annotations

import itertools
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from alembic_zdt.commands.facts_use import known_revisions
from alembic_zdt.env.url_sources import placeholder
from alembic_zdt.errors import UsageError
from alembic_zdt.facts.exported import Facts
from alembic_zdt.printable import counted
from alembic_zdt.recording.database_comparison import compare
from alembic_zdt.recording.dry_run import planned
from alembic_zdt.recording.environment import looking_at_each
from alembic_zdt.recording.facts_comparison import compare_with_facts
from alembic_zdt.recording.planned_steps import Plan


def make_plan(
    config: Config,
    revision_range: str | None,
    *,
    downgrade: bool = False,
    facts: Facts | None = None,
) -> Plan:
    """Return the plan for *revision_range*, or for the pending revisions.

    Args:
        config: Alembic's configuration.
        revision_range: ``from:to`` needs no database, and either side may be left out.
            A single revision, which may be relative, is planned from the database's
            revision.  None means all that is pending.
        downgrade: plan downgrades instead.
        facts: the facts of the database, which is not asked then.

    Raises:
        CommandError: a revision does not exist or cannot be planned.
        UsageError: a downgrade has no target, its start is not known, or the facts are
            those of other databases.
    """
    script = ScriptDirectory.from_config(config)
    start, colon, end = (revision_range or "").rpartition(":")
    if downgrade and not end:
        raise _no_target()
    if facts is not None:
        if colon:
            raise _no_facts_for(revision_range)
        return _from_facts(config, script, end or "heads", facts, downgrade=downgrade)
    if not colon:
        return _from_database(config, script, end or "heads", downgrade=downgrade)
    start = start or ("heads" if downgrade else "base")
    found = planned(config, script, start, end or "heads", downgrade=downgrade)
    return Plan(found, downgrade)


def _from_database(
    config: Config, script: ScriptDirectory, end: str, *, downgrade: bool
) -> Plan:
    """Return the plan from the database's revision, or from base if it is unknown."""
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
        planned(config, script, starts[0], end, downgrade=downgrade, others=starts[1:]),
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


def _from_facts(
    config: Config, script: ScriptDirectory, end: str, facts: Facts, *, downgrade: bool
) -> Plan:
    """Return the plan from the revision that the database had at the export."""
    starts: list[Any] = [
        known_revisions(script, each) or "base" for each in facts.databases
    ]
    revisions = planned(
        config, script, starts[0], end, downgrade=downgrade, others=starts[1:]
    )
    plan = Plan(revisions, downgrade, facts=facts.exported_at)
    if any(each.place >= len(starts) for each in revisions):
        raise _too_few(facts)
    for place in range(len(starts)):
        compare_with_facts(plan, facts, place)
    return plan


def _words(error: Exception) -> str:
    found = getattr(error, "orig", None) or error
    text = " ".join(str(found).split())[:300]
    return f"{type(found).__name__}: {text}" if text else type(found).__name__


def _no_target() -> UsageError:
    return UsageError(
        "a downgrade needs its target",
        detail="Without a revision the plan cannot know how far to go back.",
        hint='Write for example "alembic-zdt plan --downgrade -1" or '
        '"alembic-zdt plan --downgrade <from>:<to>".',
    )


def _no_start(reason: str, end: str) -> UsageError:
    return UsageError(
        "cannot plan a downgrade without knowing where it starts",
        detail=f"The database could not be asked for its revision ({reason}).",
        hint=f'Name both ends: "alembic-zdt plan --downgrade <from>:{end}".',
    )


def _no_facts_for(revision_range: str | None) -> UsageError:
    return UsageError(
        f'cannot use facts for the range "{revision_range}"',
        detail="A range with both ends is planned without a database, and so without "
        "its facts.",
        hint="Leave out the range, or write only its end.",
    )


def _too_few(facts: Facts) -> UsageError:
    return UsageError(
        f"the facts are those of {counted(len(facts.databases), 'database')}",
        detail="env.py runs the revisions in more databases.",
        hint="Export the facts again with the same env.py.",
    )
