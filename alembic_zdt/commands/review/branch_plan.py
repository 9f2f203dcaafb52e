"""The plan of the revisions of a branch, with facts, with a database, or with neither.

If one revision cannot be planned, the others still are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.commands.lint.command import LintRun
from alembic_zdt.commands.lint.live_database import context_over
from alembic_zdt.env.connections import over_own
from alembic_zdt.env.url_sources import SaidUrl
from alembic_zdt.env.urls import usable
from alembic_zdt.errors import ZdtError
from alembic_zdt.facts.exported import Facts
from alembic_zdt.recording.broken_files import BrokenFileError
from alembic_zdt.recording.database_comparison import compare
from alembic_zdt.recording.dry_run import planned
from alembic_zdt.recording.environment import quiet
from alembic_zdt.recording.facts_comparison import compare_with_facts
from alembic_zdt.recording.planned_steps import Plan, PlannedRevision
from alembic_zdt.recording.revision_errors import in_words


@dataclass(frozen=True)
class BranchPlan:
    """The plan of the revisions of a branch.

    Attributes:
        plan: the plan.
        failures: why a revision cannot be planned, by its id.
    """

    plan: Plan
    failures: Mapping[str, str] = field(default_factory=dict)


def plan_of_branch(
    config: Config,
    run: LintRun,
    names: Collection[str],
    facts: Facts | None,
    database: str | None,
) -> BranchPlan:
    """Return the plan of some revisions.

    Args:
        config: Alembic's configuration.
        run: the recorded revisions.
        names: the ids of the revisions to plan, which are not applied.
        facts: the facts of the database.
        database: the URL of the database.

    Raises:
        UrlError: the URL is invalid, or no database answers.
    """
    if not names:
        return BranchPlan(Plan([]))
    if database is not None:
        return _with_database(config, run, names, database)
    start = _start(run.script, frozenset(names))
    found, failures = _planned(config, run.script, start, names)
    plan = Plan(found, facts=facts.exported_at if facts else "")
    if facts is not None:
        for place in range(len(facts.databases)):
            compare_with_facts(plan, facts, place)
    return BranchPlan(plan, failures)


def _with_database(
    config: Config, run: LintRun, names: Collection[str], url: str
) -> BranchPlan:
    """Return the plan, compared with the database from its revision on."""
    plans: list[BranchPlan] = []

    def work(connection: Connection) -> None:
        context = context_over(connection, run.context)
        with context.begin_transaction():
            heads: Any = context.get_current_heads()
            wanted = _pending(run.script, heads)
            found, failures = _planned(config, run.script, heads, wanted)
            plan = Plan(found)
            compare(plan, context)
        plan.revisions = [each for each in found if each.revision in names]
        mine = {name: why for name, why in failures.items() if name in names}
        plans.append(BranchPlan(plan, mine))

    with quiet(config):
        over_own(usable(SaidUrl(url, "--database")), config, {}, work)
    return plans[-1]


def _pending(script: ScriptDirectory, heads: Sequence[str]) -> list[str]:
    known = contexts.at_or_below(script, heads)
    return [r.revision for r in _in_order(script) if r.revision not in known]


def _start(script: ScriptDirectory, names: frozenset[str]) -> list[str]:
    """Return the revisions from which an upgrade runs the wanted ones."""
    above = set(names)
    kept: dict[str, set[str]] = {}
    for each in _in_order(script):
        below = contexts.below(each)
        if each.revision in above or below & above:
            above.add(each.revision)
        else:
            kept[each.revision] = below
    covered = {name for below in kept.values() for name in below}
    return sorted(kept.keys() - covered)


def _in_order(script: ScriptDirectory) -> list[Any]:
    return list(script.walk_revisions())[::-1]


def _planned(
    config: Config,
    script: ScriptDirectory,
    start: Sequence[str],
    names: Collection[str],
) -> tuple[list[PlannedRevision], dict[str, str]]:
    """Return the planned revisions, and why the others could not be planned."""
    try:
        return _run(config, script, start, "heads", names), {}
    except Exception as error:  # noqa: BLE001  # env.py and revisions raise anything
        if len(names) == 1:
            return [], dict.fromkeys(names, _reason(error))
    found: list[PlannedRevision] = []
    failures: dict[str, str] = {}
    for each in _in_order(script):
        if each.revision in names:
            below = sorted(contexts.below(each))
            try:
                found += _run(config, script, below, each.revision, [each.revision])
            except Exception as error:  # noqa: BLE001  # as above
                failures[each.revision] = _reason(error)
    return found, failures


def _run(
    config: Config,
    script: ScriptDirectory,
    start: Sequence[str],
    end: str,
    names: Collection[str],
) -> list[PlannedRevision]:
    found = planned(config, script, list(start) or "base", end, downgrade=False)
    return [each for each in found if each.revision in names]


def _reason(error: Exception) -> str:
    if isinstance(error.__cause__, BrokenFileError):
        return "its file cannot be imported"
    if isinstance(error, ZdtError):
        return f"{error.primary}. {error.detail}".removesuffix(". ")
    return in_words(error)
