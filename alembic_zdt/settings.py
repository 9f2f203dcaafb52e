"""The settings, their sources, and the conversion of their values.

The first source that has a value wins, in this order: the options of the command,
``-x zdt.<name>=``, ``context.configure(zdt_<name>=)`` in env.py, ``[alembic_zdt]`` in
alembic.ini, ``[tool.alembic_zdt]`` in pyproject.toml.
"""

from __future__ import annotations

import difflib
import functools
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Literal, get_args, get_origin, get_type_hints

from alembic_zdt.errors import SettingError
from alembic_zdt.setting_kinds import (
    READERS,
    BlockerRules,
    ByteSize,
    Mode,
    Modes,
    OldSessions,
    duration,
    milliseconds,
    modes,
)
from alembic_zdt.setting_values import EXAMPLES, choice, text_of
from alembic_zdt.time_window import TimeWindow
from alembic_zdt.webhook_url import refuse_no_webhook

__all__ = [
    "SCRATCH_TABLES",
    "Mode",
    "Modes",
    "OldSessions",
    "Settings",
    "duration",
    "milliseconds",
    "seconds",
]

SqlFlavor = Literal["psql", "plain"]
EmitContract = Literal["together", "later"]
Progress = Literal["auto", "live", "log", "off"]
StockUpgrade = Literal["all", "before-contract"]

SCRATCH_TABLES = ("alembic_zdt_scratch", "alembic_zdt_scratch_place")
"""The tables of a calibration, which drops them at its end."""


FLEET_TABLES = ("alembic_zdt_fleet_run", "alembic_zdt_fleet_target")
"""The tables of fleet runs, in the control database."""


@dataclass(frozen=True)
class Settings:
    """All settings, with their defaults.

    Attributes:
        lock_timeout: How long one attempt may block application queries: the time that
            it waits for a strong lock, plus the time that it holds the lock.
            PostgreSQL's timers end the attempt; they fire late on a server that is
            short of CPU.
        lock_patience: How long to use short attempts before one attempt may use the
            full ``lock_timeout``. A longer time means fewer and shorter stalls, and
            a longer wait for the lock; ``0s`` uses the full time from the start.
        lock_deadline: How long to try before a step that cannot get its lock fails.
        snapshot_deadline: How long to wait, before an index is built, for older
            transactions of other sessions that would make the build hang.
        blockers: What is done with a session that blocks a migration for too long, for
            example ``idle in transaction > 30s: terminate, active > 10min: cancel``.
            Empty only names it.
        blocker_roles: Roles whose sessions ``blockers`` is for, written like
            ``ignore_roles``. A superuser must be named without ``*``.
        blocker_applications: Applications whose sessions ``blockers`` is for, by their
            ``application_name``. With ``blocker_roles``, both must fit a session.
        statement_timeout: How long a statement that builds an index or scans a table
            may run. ``0s`` means without limit.
        progress_interval: How much time passes between two log lines of a long step
            or of a long wait, and between two lines on stderr.
        progress: How the progress of a long step is shown. ``live`` draws one line on
            the terminal and needs ``rich``, ``log`` writes log lines, ``off`` shows
            nothing. ``auto`` is ``live`` on a terminal with ``rich`` installed, and
            otherwise ``log``. Where no log handler takes the lines, as with the
            alembic.ini of Alembic's templates, ``auto`` prints them to stderr.
        sql_flavor: What runs the scripts that ``--sql`` writes. A ``psql``
            script uses commands of psql, a ``plain`` script is SQL for any client.
        target_version: The oldest major version of PostgreSQL that a ``--sql`` script
            must run on, and the version that ``lint`` assumes.
        show_queries: Whether errors and log lines show the last query of a session
            that blocks a migration. Such a query may contain personal data.
        maintenance_work_mem: How much memory an index build may use, for example
            ``1GB``. Empty keeps the value of the server.
        max_parallel_maintenance_workers: How many parallel workers an index build may
            use. ``-1`` keeps the value of the server.
        backfill_table: The table that stores the progress of backfills. A second
            table, ``<backfill_table>_slice``, stores the progress of their slices.
        queue_table: The table of the calls that revisions have queued.
        queue_per_server: How many queued calls may run on a server at a time, in all
            its databases.
        backfill_schema: The schema of ``backfill_table``, ``queue_table``,
            ``log_table`` and ``step_table``. Empty means the schema of
            ``alembic_version``.
        backfill_triggers: Whether triggers fire where a backfill has no ``triggers=``.
        backfill_max_replica_lag: A backfill waits while a replica is further behind.
            ``0s`` turns this off.
        backfill_max_wal_rate: A backfill waits while the server writes more WAL in a
            second, for example ``50MB``. Empty turns this off.
        backfill_max_archive_backlog: A backfill waits while more WAL is not archived
            yet, for example ``2GB``. Empty turns this off.
        backfill_wait_for_autovacuum: Whether a backfill waits while autovacuum works
            on its table. It always waits for a vacuum against transaction wraparound.
        backfill_max_active_sessions: A backfill waits while more sessions of the server
            are active. ``-1`` turns this off.
        backfill_max_lock_waiters: A backfill waits while more sessions of the database
            wait for a lock. ``-1`` turns this off.
        backfill_window: A backfill only works at these hours, for example
            ``22:00-05:00 Europe/Berlin``. Empty means at any time.
        backfill_throttle: A function that says how long a backfill waits, for example
            ``app.load:rest``. Empty asks none.
        log_table: The table that records which revisions were applied, and when.
        step_table: The table that records how long steps on large tables took. ``plan``
            and the progress lines estimate from it. Empty records nothing.
        emit_contract: Whether autogenerate writes the contract of a change at once.
            ``together`` writes it with the other phases, ``later`` leaves it to
            ``alembic-zdt contract``.
        migration_lock: Whether only one process may migrate a database at a time. It
            applies where env.py calls ``alembic_zdt.env.run()``.
        migration_lock_deadline: How long to wait for another process that migrates
            before this one fails.
        allow_same_run: Whether one run may apply an expand and its contract while
            other sessions are connected. No contract looks for old sessions then. The
            environment variable ``ZDT_ALLOW_SAME_RUN`` sets it, too.
        old_sessions: What a contract does while sessions that began before its expand
            was applied are connected. ``refuse`` stops the upgrade, ``wait=10min``
            waits up to that time for their end, ``ignore`` does not look.
        ignore_applications: Applications whose sessions never count as old code, by
            their ``application_name``. Separate several with commas; ``*`` stands for
            any text, as in ``psql, metabase*``.
        ignore_roles: Roles whose sessions never count as old code, written like
            ``ignore_applications``.
        stock_upgrade: How far ``alembic upgrade head`` goes. ``all`` fails at a
            contract that must wait for old sessions, ``before-contract`` ends
            successfully before it, if no expand or migrate comes after it.
        guard: What an upgrade does with an operation that a check reports as an
            error. ``error`` stops the upgrade before the operation is sent, ``warn``
            logs a warning, ``off`` checks nothing.
        small_table_rows: The guard ignores operations on tables that have at most this
            many rows, as the planner estimates them. Renames and drops of what running
            code may read count on every table that has rows.
        check_modes: What the guard and ``lint`` do with the findings of single checks,
            for example ``drop-column=off, change-rows=warn``.
        table_modes: What the guard and ``lint`` do with findings about single tables
            of any size, for example ``audit.log=off, users=error``.
        start_after: The guard and ``lint`` ignore this revision and all revisions
            before it. Separate several revisions, one for each branch, with commas.
        notify_url: The URL to which a run posts ``{"text": ...}`` when it starts,
            ends, fails, is blocked, or stops at a contract that must wait. Most chat
            tools read that. Empty posts nothing.
    """

    lock_timeout: timedelta = timedelta(milliseconds=200)
    lock_patience: timedelta = timedelta(seconds=10)
    lock_deadline: timedelta = timedelta(minutes=5)
    snapshot_deadline: timedelta = timedelta(minutes=5)
    blockers: BlockerRules = BlockerRules()
    blocker_roles: str = ""
    blocker_applications: str = ""
    statement_timeout: timedelta = timedelta(0)
    progress_interval: timedelta = timedelta(seconds=10)
    progress: Progress = "auto"
    sql_flavor: SqlFlavor = "psql"
    target_version: int = 14
    show_queries: bool = True
    maintenance_work_mem: str = ""
    max_parallel_maintenance_workers: int = -1
    backfill_table: str = "alembic_zdt_backfill"
    queue_table: str = "alembic_zdt_queue"
    queue_per_server: int = 2
    backfill_schema: str = ""
    backfill_triggers: Literal["warn", "fire", "skip"] = "warn"
    backfill_max_replica_lag: timedelta = timedelta(seconds=10)
    backfill_max_wal_rate: ByteSize = ByteSize()
    backfill_max_archive_backlog: ByteSize = ByteSize()
    backfill_wait_for_autovacuum: bool = False
    backfill_max_active_sessions: int = -1
    backfill_max_lock_waiters: int = -1
    backfill_window: TimeWindow = TimeWindow()
    backfill_throttle: str = ""
    log_table: str = "alembic_zdt_revision"
    step_table: str = "alembic_zdt_step"
    emit_contract: EmitContract = "together"
    migration_lock: bool = True
    migration_lock_deadline: timedelta = timedelta(minutes=10)
    allow_same_run: bool = False
    old_sessions: OldSessions = OldSessions()
    ignore_applications: str = ""
    ignore_roles: str = ""
    stock_upgrade: StockUpgrade = "all"
    guard: Mode = "error"
    small_table_rows: int = 10_000
    check_modes: Modes = Modes()
    table_modes: Modes = Modes()
    start_after: str = ""
    notify_url: str = ""

    @property
    def own_tables(self) -> frozenset[str]:
        """Return the names of this package's tables."""
        journal = self.backfill_table
        own = (self.log_table, self.queue_table, self.step_table)
        kept = (*own, journal, f"{journal}_slice")
        return frozenset({*kept, *SCRATCH_TABLES, *FLEET_TABLES})

    @classmethod
    def from_sources(cls, *sources: tuple[str, Mapping[str, Any]]) -> Settings:
        """Build the settings from several sources, of which the first one wins.

        Args:
            sources: pairs of a source's name for messages and its raw values.

        Raises:
            SettingError: a name is unknown or a value cannot be read.
        """
        values: dict[str, Any] = {}
        for source, raw in reversed(sources):
            values |= dict(_read(source, raw))
        return _checked(cls(**values))


def seconds(duration: timedelta) -> str:
    """Format a duration for messages: ``0.2 s``, ``300 s``."""
    return f"{duration.total_seconds():g} s"


@functools.cache
def _kinds() -> dict[str, Any]:
    return get_type_hints(Settings)


def _read(source: str, raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    kinds = _kinds()
    for name, value in raw.items():
        if name not in kinds:
            raise _unknown(source, name)
        try:
            yield name, _converted(kinds[name], value)
        except ValueError as error:
            raise _ill_typed(source, name, value, str(error)) from error


def _converted(kind: Any, value: Any) -> Any:
    if get_origin(kind) is Literal:
        return choice(get_args(kind), value)
    if isinstance(kind, type | types.GenericAlias) and type(value) is kind:
        return value
    if kind is Modes and isinstance(value, Mapping):
        return modes(value.items())
    if kind is str:
        return text_of(value)
    return READERS[kind](str(value).strip())


def _checked(settings: Settings) -> Settings:
    if settings.lock_timeout <= timedelta(0):
        raise SettingError(
            'setting "lock_timeout" must be more than zero',
            detail="Zero means no timeout: the application waits with the migration.",
            hint='Use a duration such as "200ms".',
            setting="lock_timeout",
        )
    if settings.small_table_rows < 0:
        raise SettingError(
            'setting "small_table_rows" must not be less than zero',
            detail="It is the number of rows up to which a table is small.",
            hint="Write 0 if no table is small.",
            setting="small_table_rows",
        )
    if settings.queue_per_server < 1:
        raise SettingError(
            'setting "queue_per_server" must be more than zero',
            detail="It is how many queued calls may run on a server at a time.",
            hint="Write 1 for one call at a time, or pause the calls of the queue.",
            setting="queue_per_server",
        )
    refuse_no_webhook(settings.notify_url)
    if settings.blockers.text and not (
        settings.blocker_roles or settings.blocker_applications
    ):
        raise SettingError(
            'setting "blockers" needs "blocker_roles" or "blocker_applications"',
            detail="They name the sessions that a migration may cancel or terminate.",
            hint='Write for example "blocker_applications = shop*".',
            setting="blockers",
        )
    for name in ("backfill_table", "log_table", "queue_table"):
        if not getattr(settings, name):
            raise SettingError(
                f'setting "{name}" must not be empty',
                detail="It is the name of a table.",
                hint=f'Write for example "{name} = {_example(name)}".',
                setting=name,
            )
    return settings


def _unknown(source: str, name: str) -> SettingError:
    valid = [field.name for field in fields(Settings)]
    close = difflib.get_close_matches(name, valid, n=1)
    hint = f'Did you mean "{close[0]}"? ' if close else ""
    return SettingError(
        f'unknown setting "{name}" in {source}',
        detail=f"Valid settings are {', '.join(valid)}.",
        hint=f"{hint}Correct or remove it.",
        setting=name,
    )


def _ill_typed(source: str, name: str, value: Any, expected: str) -> SettingError:
    return SettingError(
        f'setting "{name}" in {source} cannot be "{value}"',
        detail=f"It must be {expected}.",
        hint=f'Write for example "{name} = {_example(name)}".',
        setting=name,
    )


def _example(name: str) -> str:
    value = getattr(Settings(), name)
    if isinstance(value, timedelta):
        return f"{milliseconds(value)}ms"
    if isinstance(value, Modes):
        return "drop-column=off"
    if isinstance(value, BlockerRules):
        return "idle in transaction > 30s: terminate"
    if isinstance(value, ByteSize):
        return "50MB"
    if isinstance(value, TimeWindow):
        return "22:00-05:00 Europe/Berlin"
    return EXAMPLES.get(name, str(value).lower())
