"""Find the sessions of programs that may use a table, and when they began.

Sessions that replicate, background workers and parallel workers run no code of an
application.  Only members of ``pg_read_all_stats`` see when sessions of other roles
began.  https://www.postgresql.org/docs/current/monitoring-stats.html
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from alembic_zdt.catalog.writers import written
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, literal

_TABLE_RIGHTS = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
_COLUMN_RIGHTS = "SELECT, INSERT, UPDATE, REFERENCES"


@dataclass(frozen=True)
class ClientSession:
    """A session of a program that may use a table.

    Attributes:
        pid: the pid of its backend.
        application: the name that it gave itself, ``application_name``.
        role: the role that it logged in as.
        address: the address of the client, empty for a local one.
        state: as in pg_stat_activity, empty where it is hidden from this role.
        began: seconds since the epoch, None where it is hidden from this role.
    """

    pid: int
    application: str
    role: str
    address: str
    state: str
    began: float | None


@dataclass(frozen=True)
class Harmless:
    """Sessions that never run code of the application.

    Attributes:
        applications: patterns of their ``application_name``; ``*`` is any text.
        roles: patterns of their roles.
    """

    applications: Sequence[str] = ()
    roles: Sequence[str] = ()

    @property
    def excluded(self) -> str:
        """Return SQL that excludes these sessions from pg_stat_activity as ``a``."""
        named = (
            *(f"a.application_name LIKE {like(each)}" for each in self.applications),
            *(f"a.usename::text LIKE {like(each)}" for each in self.roles),
        )
        return "".join(f" AND coalesce(NOT {each}, true)" for each in named)


def like(pattern: str) -> str:
    """Return the SQL pattern for a name in which ``*`` stands for any text."""
    escaped = pattern.translate({ord(each): f"\\{each}" for each in "\\%_"})
    return literal(escaped.replace("*", "%"))


def client_sessions(
    database: Database,
    tables: Sequence[QualifiedName],
    own: Collection[int],
    harmless: Harmless,
) -> list[ClientSession]:
    """Return the sessions of this database whose roles have a right on a table.

    A role counts if it has a right on the table, on a partition or on a view of it, or
    if it may become such a role.

    Args:
        database: a connection to the database that is queried.
        tables: return only sessions that may use any of these tables; if empty, return
            those of all roles.
        own: pids of further sessions of this process, left out.
        harmless: conditions for sessions that are left out, too.
    """
    database.rows("SELECT pg_catalog.pg_stat_clear_snapshot()")
    rows = database.rows(
        f"{_connected(tables, harmless)} SELECT s.pid,"
        " coalesce(s.application_name, ''), coalesce(s.usename::text, ''),"
        " coalesce(pg_catalog.host(s.client_addr), ''), coalesce(s.state, ''),"
        " extract(epoch FROM s.backend_start)"
        f" FROM connected s{_entitled(tables)} ORDER BY 6, 1"
    )
    return [_session(*row) for row in rows if row[0] not in own]


def _session(
    pid: int,
    application: str,
    role: str,
    address: str,
    state: str,
    began: Decimal | None,
) -> ClientSession:
    since = None if began is None else float(began)
    return ClientSession(pid, application, role, address, state, since)


def are_connected(tables: Sequence[QualifiedName], harmless: Harmless) -> str:
    """Return SQL that is true if another session may use one of the tables.

    Args:
        tables: the tables, any of which the session may use.
        harmless: sessions that do not count.
    """
    found = f"{_connected(tables, harmless)} SELECT FROM connected s{_entitled(tables)}"
    return f"EXISTS ({found})"


def _connected(tables: Sequence[QualifiedName], harmless: Harmless) -> str:
    tree = (
        f"WITH RECURSIVE {written(*tables, rights=_COLUMN_RIGHTS)}, "
        if tables
        else "WITH "
    )
    return f"{tree}{_CONNECTED}{harmless.excluded})"


def _entitled(tables: Sequence[QualifiedName]) -> str:
    return _ENTITLED if tables else ""


_CONNECTED = (
    "connected AS MATERIALIZED (SELECT * FROM pg_catalog.pg_stat_activity a"
    " WHERE a.datname = pg_catalog.current_database()"
    " AND a.pid <> pg_catalog.pg_backend_pid() AND a.usesysid IS NOT NULL"
    " AND coalesce(a.backend_type, 'client backend') = 'client backend'"
    # Where the kind is hidden, these views still show the pid.
    " AND a.pid NOT IN (SELECT w.pid FROM pg_catalog.pg_stat_get_wal_senders() w)"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_subscription u"
    " WHERE u.pid = a.pid)"
)
_ENTITLED = (
    " WHERE s.usesysid IN (SELECT k.usesysid FROM"
    " (SELECT DISTINCT c.usesysid FROM connected c) k WHERE EXISTS"
    " (SELECT FROM pg_catalog.pg_roles r, written t"
    " WHERE pg_catalog.pg_has_role(k.usesysid, r.oid, 'MEMBER')"
    f" AND (pg_catalog.has_table_privilege(r.oid, t.oid, '{_TABLE_RIGHTS}')"
    f" OR pg_catalog.has_any_column_privilege(r.oid, t.oid, '{_COLUMN_RIGHTS}'))))"
)
