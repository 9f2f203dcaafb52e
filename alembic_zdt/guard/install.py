"""Start the guard for the revisions that it checks.

https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import runs
from alembic_zdt.alembic_compat.interception import watch_step
from alembic_zdt.alembic_compat.revision_functions import does_nothing, function_of
from alembic_zdt.phases import changes_in
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.settings import Settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from alembic_zdt.guard.lazy import WaitingGuard
    from alembic_zdt.guard.upgrade_guard import Guard

_GUARD = "_zdt_guard"
_EXEMPTED = "_zdt_exempted"


def watch(context: MigrationContext, step: Any) -> None:
    """Let the guard check the calls of a revision, unless it is exempt.

    Args:
        context: the migration context of the run.
        step: Alembic's step, which is to be run next.

    Raises:
        SettingError: a setting cannot be read, or has an unknown name.
    """
    if not is_watched(context, step):
        return
    guard = guard_of(context)
    is_same = not runs.has_transaction_per_migration(context)
    is_first = step.is_upgrade and not getattr(step, "from_revisions", True)
    guard.start(
        step.revision.path,
        revision=step.revision.revision,
        in_same_transaction=is_same,
        from_base=is_first,
        undone=None if step.is_upgrade else changes_in(step.revision),
    )
    watch_step(context, step, guard)


def is_watched(context: MigrationContext, step: Any) -> bool:
    """Check whether the guard checks the calls of a step.

    Args:
        context: the migration context of the run.
        step: Alembic's step.

    Raises:
        SettingError: a setting cannot be read, or has an unknown name.
    """
    revision, connection = getattr(step, "revision", None), context.connection
    if revision is None or connection is None or context.as_sql:
        return False
    if connection.dialect.name != "postgresql" or does_nothing(function_of(step)):
        return False
    if settings_of(context).guard == "off":
        return False
    return revision.revision not in _exempted(context, step)


def guard_of(context: MigrationContext) -> WaitingGuard:
    """Return the guard of a run, and make it at the first call.

    Raises:
        SettingError: a setting cannot be read, or has an unknown name.
    """
    guard: WaitingGuard | None = getattr(context, _GUARD, None)
    if guard is None:
        guard = _made(context, settings_of(context))
        setattr(context, _GUARD, guard)
    return guard


def _exempted(context: MigrationContext, step: Any) -> frozenset[str]:
    start_after = settings_of(context).start_after
    if not start_after:
        return frozenset()
    found: frozenset[str] | None = getattr(context, _EXEMPTED, None)
    if found is None:
        from alembic_zdt.checks.policy import exempted  # noqa: PLC0415  # if needed

        found = exempted(step.revision_map, start_after)
        setattr(context, _EXEMPTED, found)
    return found


def _made(context: MigrationContext, settings: Settings) -> WaitingGuard:
    from alembic_zdt.guard.lazy import WaitingGuard  # noqa: PLC0415  # if needed
    from alembic_zdt.guard.position import Position  # noqa: PLC0415  # if needed
    from alembic_zdt.guard.running_code import RunningCode  # noqa: PLC0415  # if needed
    from alembic_zdt.oracle import questions  # noqa: PLC0415  # if needed
    from alembic_zdt.oracle.largest import LargestTable  # noqa: PLC0415  # if needed
    from alembic_zdt.oracle.oracle import Oracle  # noqa: PLC0415  # if needed

    connection: Any = context.connection
    # Calls on a small table pass, so its other facts are not read.
    is_said = bool(settings.table_modes.pairs)
    small = -1 if is_said else settings.small_table_rows
    oracle = Oracle(connection, settings.lock_timeout, small, is_of_the_run=True)
    largest = None if is_said else LargestTable(oracle, small)
    position, code = Position(context), RunningCode(context, oracle)

    def has_tables() -> bool:
        version_table = str(context.version_table)
        found = oracle.ask(lambda asked: questions.has_tables(asked, version_table))
        return found is not False

    def make() -> Guard:
        from alembic_zdt.checks.policy import Policy  # noqa: PLC0415  # many checks
        from alembic_zdt.guard.upgrade_guard import Guard  # noqa: PLC0415  # if needed

        return Guard(position, oracle, Policy.of(settings), code, largest)

    if not settings.check_modes.pairs:
        return WaitingGuard(make, position, code, oracle, largest, has_tables)
    made = make()  # at once, so that an unknown check is always reported
    return WaitingGuard(lambda: made, position, code, oracle, largest, has_tables)
