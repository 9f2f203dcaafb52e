"""Which revisions the guard looks at, and from when on.

https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_zdt import compat_runs
from alembic_zdt.checks.policy import Policy, exempted
from alembic_zdt.compat_watching import watch_step
from alembic_zdt.guard.guard import Guard
from alembic_zdt.oracle.oracle import Oracle
from alembic_zdt.runner.configuration import settings_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

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
    if settings.guard == "off":
        return
    if revision.revision in exempted(step.revision_map, settings.start_after):
        return
    guard: Guard | None = getattr(context, _GUARD, None)
    if guard is None:
        oracle = Oracle(connection, settings.lock_timeout)
        guard = Guard(context, oracle, Policy.of(settings))
        setattr(context, _GUARD, guard)
    is_same = not compat_runs.has_transaction_per_migration(context)
    guard.start(revision.path, in_same_transaction=is_same)
    watch_step(context, step, guard)
