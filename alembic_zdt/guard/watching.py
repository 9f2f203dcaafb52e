"""Which revisions the guard looks at, and from when on.

https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from alembic_zdt import compat_runs
from alembic_zdt.compat_watching import watch_step
from alembic_zdt.guard.waiting import WaitingGuard
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.settings import Settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from alembic_zdt.guard.guard import Guard

_GUARD = "_zdt_guard"


def watch(context: MigrationContext, step: Any) -> None:
    """Let the guard look at what a revision does, if it is to.

    Args:
        context: of the run.
        step: Alembic's, which is to be run next.

    Raises:
        SettingError: a setting cannot be read, or names what is not there.
    """
    revision, connection = getattr(step, "revision", None), context.connection
    if revision is None or not step.is_upgrade or connection is None or context.as_sql:
        return
    if connection.dialect.name != "postgresql":
        return
    settings = settings_of(context)
    if settings.guard == "off" or _is_exempted(step, settings):
        return
    guard: WaitingGuard | None = getattr(context, _GUARD, None)
    if guard is None:
        guard = WaitingGuard(_maker(context, settings))
        setattr(context, _GUARD, guard)
    is_same = not compat_runs.has_transaction_per_migration(context)
    guard.start(revision.path, in_same_transaction=is_same)
    watch_step(context, step, guard)


def _is_exempted(step: Any, settings: Settings) -> bool:
    if not settings.start_after:
        return False
    from alembic_zdt.checks.policy import exempted  # noqa: PLC0415  # if it is needed

    return step.revision.revision in exempted(step.revision_map, settings.start_after)


def _maker(context: MigrationContext, settings: Settings) -> Callable[[], Guard]:
    def make() -> Guard:
        from alembic_zdt.checks.policy import Policy  # noqa: PLC0415  # many checks
        from alembic_zdt.guard.guard import Guard  # noqa: PLC0415  # likewise
        from alembic_zdt.oracle.oracle import Oracle  # noqa: PLC0415

        connection: Any = context.connection
        # What is done to a small table passes, whatever else the server knows of it.
        is_said = bool(settings.table_modes.pairs)
        small = -1 if is_said else settings.small_table_rows
        oracle = Oracle(connection, settings.lock_timeout, small, is_of_the_run=True)
        return Guard(context, oracle, Policy.of(settings))

    if not settings.check_modes.pairs:
        return make
    made = make()  # at once, so that a check that there is not is said in any case
    return lambda: made
