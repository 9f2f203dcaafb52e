"""``alembic-zdt upgrade --phase``: run pending revisions up to and including a phase.

``--before-deploy`` is ``--phase migrate``, ``--after-deploy`` is ``--phase contract``.

https://alembic.sqlalchemy.org/en/latest/api/commands.html
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import contexts, runs
from alembic_zdt.commands.held_back import HeldBack, PendingPhases
from alembic_zdt.env.programmatic import announced, over, run_steps, run_to
from alembic_zdt.env.verification import verified
from alembic_zdt.errors import RevisionError, UsageError
from alembic_zdt.events.subscribers import silent
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.phases import Phase, phase_named
from alembic_zdt.printable import printable

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from sqlalchemy import Connection, Engine

log = logging.getLogger("alembic_zdt")
Look = Callable[["MigrationContext"], object]


def upgrade(
    config: Config,
    revision: str,
    *,
    sql: bool = False,
    tag: str | None = None,
    phase: str | None = None,
    old_sessions: str | None = None,
) -> None:
    """Run the pending revisions up to *revision*, without those of a later phase.

    Args:
        config: Alembic's configuration.
        revision: the last revision to run; with *sql* also a range.
        sql: write a script instead.
        tag: the value of Alembic's option ``--tag``, which env.py may read.
        phase: the last phase to run, None for all.
        old_sessions: the value in place of the setting; None keeps the setting.

    Raises:
        CommandError: Alembic failed.
        UsageError: the phase does not exist, or a range is given without *sql*.
        RevisionError: an expand or migrate comes after a contract that has not run;
            the revisions before that contract have run.
        VerificationError: the upgrade was rolled back silently, or left an INVALID
            index.
    """
    offline = runs.dialect_without_url() if sql else nullcontext()
    with announced(config, old_sessions), verified(config), offline:
        if phase is None:
            command.upgrade(config, revision, sql, tag)
            return
        last = phase_named(phase, "--phase")
        _Upgrade(config, revision, last).run(sql=sql, tag=tag)


def upgrade_scratch(config: Config, last: Phase, look: Look) -> None:
    """Run all pending revisions up to a phase, as if each existing table had rows.

    Args:
        config: Alembic's configuration.
        last: the last phase to run.
        look: a function that gets the context of each database before a revision runs.

    Raises:
        CommandError: Alembic failed.
        RevisionError: see ``upgrade()``.
        VerificationError: see ``upgrade()``.
    """
    with announced(config, "ignore"), verified(config), silent():
        _Upgrade(config, "heads", last, look).run(sql=False, tag=None)


def upgrade_over(
    given: Connection | Engine | None,
    config: Config,
    revision: str,
    phase: str | None,
    old_sessions: str | None,
) -> None:
    """Upgrade over a program's connection, and log where the upgrade stopped.

    Args:
        given: the caller's connection, None if env.py connects.
        config: Alembic's configuration.
        revision: the last revision to run.
        phase: the last phase to run, ``before_deploy`` or ``after_deploy``.
        old_sessions: the value in place of the setting; None keeps the setting.

    Raises:
        UsageError: the phase does not exist.
        RevisionError: see ``upgrade()``.
        VerificationError: see ``upgrade()``.
    """
    with over(given, config), verified(config):
        if phase is None and old_sessions is None:
            run_to(given, revision, config)  # as "alembic upgrade" does
            return
        last = _DEPLOY.get(phase or "after_deploy") or phase_named(str(phase), "phase")
        with announced(config, old_sessions):
            _Upgrade(config, revision, last).run_over(given)


_DEPLOY = {"before_deploy": Phase.MIGRATE, "after_deploy": Phase.CONTRACT}
_COMMAND = 'run "alembic-zdt upgrade --after-deploy {0}", and this command again'
_CALL = 'call upgrade(engine, "{0}", phase="after_deploy"), and make this call again'


class _Upgrade:
    def __init__(
        self, config: Config, revision: str, last: Phase, look: Look | None = None
    ) -> None:
        self._config, self._last, self._look = config, last, look
        start, _, self._end = revision.rpartition(":")
        self._start = start or None
        self._script = ScriptDirectory.from_config(config)
        self._stopped_at: dict[str, tuple[Any, Phase]] = {}
        self._behind: dict[str, tuple[Any, Any]] = {}

    def run(self, *, sql: bool, tag: str | None) -> None:
        if self._start and not sql:
            raise UsageError(
                f'"{self._start}:{self._end}" is a range of revisions',
                detail="An upgrade begins at the revision of the database.",
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
        for words in self._where_it_stopped():
            sys.stderr.write(
                f"{printable(words)}\n"
            )  # a script may be on its way to stdout
        self._refuse_to_leave_out(_COMMAND)

    def run_over(self, given: Connection | Engine | None) -> None:
        """Run the upgrade over a program's connection."""
        end = self._end
        options = (self._config, self._script, self.steps_of_phase)
        run_steps(given, *options, destination_rev=end)
        for words in self._where_it_stopped():
            log.info("%s", words)
        self._refuse_to_leave_out(_CALL)

    def steps_of_phase(
        self, heads: Any, context: MigrationContext
    ) -> list[RevisionStep]:
        """Return the steps to run in one database, and remember the others."""
        pending = contexts.steps_between(
            self._script, heads, self._end, downgrade=False
        )
        if self._look is not None:
            self._look(context)
        phases = PendingPhases(context, rows_count=self._look is None)
        held = HeldBack(phases, self._last)
        found = [step for step in pending if not held.holds(step)]
        self._stopped_at |= {each.revision: (each, p) for each, p in held.stopped_at}
        self._behind |= {each.revision: (each, by) for each, by in held.behind}
        return found

    def _where_it_stopped(self) -> list[str]:
        return [
            f'stopped before revision "{revision.revision}" ({revision.doc}): '
            f"its phase is {phase.value}, later than {self._last.value}"
            for revision, phase in self._stopped_at.values()
        ]

    def _refuse_to_leave_out(self, how: str) -> None:
        if self._behind:
            raise _behind_contract(list(self._behind.values()), how)


def _behind_contract(behind: Sequence[tuple[Any, Any]], how: str) -> RevisionError:
    revision, contract = behind[0]
    names = [f'"{each.revision}" ({each.doc})' for each, _ in behind]
    verb = "comes" if len(behind) == 1 else "come"
    return RevisionError(
        f"{_plural(len(names))} {', '.join(names)} {verb} after contract "
        f'"{contract.revision}" ({contract.doc}), which is not run yet',
        detail=(
            "The revisions before the contract were run. Code that needs the revisions "
            "after it cannot be deployed yet."
        ),
        hint="Deploy the previous release everywhere, and end all older processes. "
        f"Then {how.format(contract.revision)}.",
        revision=revision.revision,
        contract=contract.revision,
        exit_code=ExitCode.BEHIND_CONTRACT,
    )


def _plural(count: int) -> str:
    return "revision" if count == 1 else "revisions"
