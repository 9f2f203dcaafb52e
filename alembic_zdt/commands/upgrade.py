"""``alembic-zdt upgrade --phase``: pending revisions, up to the first of a later phase.

https://alembic.sqlalchemy.org/en/latest/api/commands.html
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from alembic_zdt import compat, compat_runs
from alembic_zdt.compat_settings import OURS
from alembic_zdt.env.verification import verified
from alembic_zdt.errors import UsageError
from alembic_zdt.phases import Phase, phase_named, phase_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep


def upgrade(
    config: Config,
    revision: str,
    *,
    sql: bool = False,
    tag: str | None = None,
    phase: str | None = None,
    old_sessions: str | None = None,
) -> None:
    """Run what is pending up to *revision*, and nothing of a later phase.

    Args:
        config: Alembic's.
        revision: where to stop at the latest; with *sql* also a range.
        sql: write a script instead.
        tag: for env.py.
        phase: the last phase that may be run, None for all.
        old_sessions: the value of the setting, None: as it is set elsewhere.

    Raises:
        CommandError: whatever Alembic says.
        UsageError: no such phase, or a range without *sql*.
        VerificationError: it was rolled back in silence, or left an INVALID index.
    """
    offline = compat_runs.dialect_without_url() if sql else nullcontext()
    options = {"old_sessions": old_sessions} if old_sessions else {}
    with _announced(config, options), verified(config), offline:
        if phase is None:
            command.upgrade(config, revision, sql, tag)
            return
        last = phase_named(phase, "--phase")
        _Upgrade(config, revision, last).run(sql=sql, tag=tag)


@contextmanager
def _announced(config: Config, options: dict[str, str]) -> Iterator[None]:
    """Tell the settings of the run that this is not ``alembic upgrade``."""
    config.attributes[OURS] = options
    try:
        yield
    finally:
        config.attributes.pop(OURS, None)


class _Upgrade:
    def __init__(self, config: Config, revision: str, last: Phase) -> None:
        self._config, self._last = config, last
        start, _, self._end = revision.rpartition(":")
        self._start = start or None
        self._script = ScriptDirectory.from_config(config)
        self._stopped_at: list[Any] = []

    def run(self, *, sql: bool, tag: str | None) -> None:
        if self._start and not sql:
            raise UsageError(
                f'"{self._start}:{self._end}" is a range of revisions',
                detail="An upgrade begins where the database is.",
                hint="Name the last revision alone, or pass --sql.",
            )
        environment = EnvironmentContext(
            self._config,
            self._script,
            fn=self.steps_of_phase,
            as_sql=sql,
            starting_rev=self._start,
            destination_rev=self._end,
            tag=tag,
        )
        with environment:
            self._script.run_env()
        self._say_where_it_stopped()

    def steps_of_phase(
        self, heads: Any, _context: MigrationContext
    ) -> list[RevisionStep]:
        """What Alembic calls; also to see whether there is something to do."""
        self._stopped_at.clear()
        found: list[RevisionStep] = []
        left: set[str] = set()
        pending = compat.steps_between(self._script, heads, self._end, downgrade=False)
        for step in pending:
            revision: Any = getattr(step, "revision", None)
            if revision is None:
                found.append(step)
            elif self._last < phase_of(revision):
                self._stopped_at.append(revision)
                left.add(revision.revision)
            elif left & compat.below(revision):
                left.add(revision.revision)
            else:
                found.append(step)
        return found

    def _say_where_it_stopped(self) -> None:
        for revision in self._stopped_at:
            words = (
                f'stopped before revision "{revision.revision}" ({revision.doc}): '
                f"its phase is {phase_of(revision).value}, later than "
                f"{self._last.value}"
            )
            sys.stderr.write(f"{words}\n")  # a script may be on its way to stdout
