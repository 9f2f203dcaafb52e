"""Cancel or terminate sessions that block a migration, as the setting allows.

Only sessions of clients count: neither replication nor autovacuum, nor sessions of this
package.  The statement that acts asks again whether the session still blocks the step.
https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SIGNAL
"""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog.activity import Holder
from alembic_zdt.catalog.client_sessions import like
from alembic_zdt.connection import driver_errors, own_process
from alembic_zdt.connection.database import Database
from alembic_zdt.names import literal
from alembic_zdt.runner.harmless_sessions import listed
from alembic_zdt.runner.session_settings import session_settings
from alembic_zdt.runner.subject_lock import MARK, MIGRATION_LOCK
from alembic_zdt.setting_kinds import BlockerRule
from alembic_zdt.settings import Settings

log = logging.getLogger("alembic_zdt")

_EVERY = 1.0
_AGE = "extract(epoch FROM pg_catalog.clock_timestamp() - a.state_change)"
_DONE = {"terminate": "terminated", "cancel": "cancelled"}
# Replication and sessions of other migrations are never touched.
_CLIENTS = (
    "FROM pg_catalog.pg_stat_activity a"
    " JOIN pg_catalog.pg_roles r ON r.oid = a.usesysid"
    " WHERE a.datname = pg_catalog.current_database()"
    " AND a.pid <> pg_catalog.pg_backend_pid()"
    " AND coalesce(a.backend_type, 'client backend') = 'client backend'"
    " AND a.pid NOT IN (SELECT w.pid FROM pg_catalog.pg_stat_get_wal_senders() w)"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = a.pid"
    f" AND l.locktype = 'advisory' AND l.classid IN ({MARK}, {MIGRATION_LOCK})"
    " AND l.granted)"
)
_said: weakref.WeakKeyDictionary[Connection, set[str]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class _Blocker:
    pid: int
    began: str | None
    role: str
    application: str
    state: str | None
    age: float | None
    is_superuser: bool

    @property
    def words(self) -> str:
        return f'pid {self.pid} (role "{self.role}", application "{self.application}")'


class BlockerActs:
    """The acts against the blockers of one step.

    Args:
        settings: the settings, with the rules and with the sessions they are for.
    """

    def __init__(self, settings: Settings) -> None:
        self._rules = tuple(settings.blockers)
        self._named = _named(settings)
        self._looked_at = float("-inf")

    def end(
        self, database: Database, holders: Iterable[Holder], still_blocks: str
    ) -> None:
        """Cancel or terminate the blockers whose time is over.

        Args:
            database: a connection in autocommit mode.
            holders: the blockers.
            still_blocks: SQL that is true while row ``a`` of pg_stat_activity blocks.
        """
        now = time.monotonic()
        if not self._rules or now - self._looked_at < _EVERY:
            return
        self._looked_at = now
        own = own_process.backend_pids(database.connection)
        pids = [each.pid for each in holders if each.pid and each.pid not in own]
        if pids:
            with session_settings(database, [("statement_timeout", "0")]):
                self._end(database, pids, still_blocks)

    def _end(self, database: Database, pids: Collection[int], blocks: str) -> None:
        for found in self._look(database, pids):
            rule = next((each for each in self._rules if _fits(each, found)), None)
            if found.state is None:
                _say_once(database, _cannot_see(database, found))
            elif rule is not None:
                self._act(database, found, rule, blocks)

    def _look(self, database: Database, pids: Collection[int]) -> Sequence[_Blocker]:
        rows = database.rows(
            "SELECT a.pid, a.backend_start::text, a.usename::text,"
            f" coalesce(a.application_name, ''), a.state, {_AGE}, r.rolsuper"
            f" {_CLIENTS}{self._named} AND a.pid IN ({', '.join(map(str, pids))})"
        )
        return [
            _Blocker(
                *(pid, began, role, application, state),
                None if age is None else float(age),
                is_superuser=is_superuser,
            )
            for pid, began, role, application, state, age, is_superuser in rows
        ]

    def _act(
        self, database: Database, found: _Blocker, rule: BlockerRule, blocks: str
    ) -> None:
        signal = (
            f"SELECT pg_catalog.pg_{rule.act}_backend(a.pid) {_CLIENTS}{self._named}"
            f" AND a.pid = {found.pid}"
            f" AND a.backend_start = {literal(str(found.began))}::timestamptz"
            f" AND a.state LIKE {literal(rule.state + '%')}"
            f" AND {_AGE} > {rule.age.total_seconds()} AND {blocks}"
        )
        try:
            is_done = database.value(signal)
        except DBAPIError as error:
            state = driver_errors.diagnostics(error).sqlstate
            if state != driver_errors.INSUFFICIENT_PRIVILEGE:
                raise
            _say_once(database, _cannot_act(database, found, rule))
        else:
            if is_done:
                done, time_ = _DONE[rule.act], f"{found.age or 0:.1f} s"
                words = f"{found.state} for {time_}"
                log.warning("%s %s: %s, and it blocks", done, found.words, words)


def _fits(rule: BlockerRule, found: _Blocker) -> bool:
    if found.age is None or not (found.state or "").startswith(rule.state):
        return False
    return found.age > rule.age.total_seconds()


def _named(settings: Settings) -> str:
    """Return SQL for the sessions that the settings name, superusers word for word."""
    roles = listed(settings.blocker_roles)
    kinds = {
        "a.usename::text": roles,
        "a.application_name": listed(settings.blocker_applications),
    }
    conditions = (
        " OR ".join(f"{column} LIKE {like(each)}" for each in patterns)
        for column, patterns in kinds.items()
        if patterns
    )
    exact = ", ".join(map(literal, roles)) or "NULL"
    named = "".join(f" AND ({condition})" for condition in conditions)
    return f"{named} AND (NOT r.rolsuper OR a.usename::text IN ({exact}))"


def _say_once(database: Database, words: str) -> None:
    said = _said.setdefault(database.connection, set())
    if words not in said:
        said.add(words)
        log.warning("%s", words)


def _cannot_see(database: Database, found: _Blocker) -> str:
    return (
        f'the setting "blockers" cannot see sessions of role "{found.role}": run '
        f"GRANT pg_read_all_stats TO {_own_role(database)}"
    )


def _cannot_act(database: Database, found: _Blocker, rule: BlockerRule) -> str:
    words = (
        f'the setting "blockers" has no right to {rule.act} sessions of role '
        f'"{found.role}"'
    )
    if found.is_superuser:
        return f"{words}: only a superuser may"
    return f"{words}: run GRANT pg_signal_backend TO {_own_role(database)}"


def _own_role(database: Database) -> str:
    return str(database.value("SELECT pg_catalog.quote_ident(current_user)"))
