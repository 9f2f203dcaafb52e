"""Detect a pooler in transaction mode between this process and the server.

Behind it each transaction may run in another session.  Settings, advisory locks and
temporary tables of a migration then end up in sessions of the application.  The pooler
does not report this, but two clients then have one backend.

https://www.pgbouncer.org/features.html
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.connection.keepalives import client_socket
from alembic_zdt.errors import UnsupportedServerError
from alembic_zdt.runner.refusals import OWN_SESSION
from alembic_zdt.runner.run_state import RunState
from alembic_zdt.runner.side_connection import Watcher, beside

log = logging.getLogger("alembic_zdt")

_PID = "SELECT pg_catalog.pg_backend_pid()"
_PATIENCE = 5.0
_POLL = 0.01
_UNKNOWN = -1


def refuse_transaction_pooling(connection: Connection, run: RunState) -> None:
    """Refuse a pooler in transaction mode, with one check for each run.

    The check may commit the present transaction, and leave another one open.

    Raises:
        UnsupportedServerError: a pooler shares the session with other clients.
    """
    if run.has_own_session:
        return
    if goes_through_transaction_pool(connection):
        raise UnsupportedServerError(
            "the connection goes through a pooler in transaction mode",
            detail="Each transaction may be in another session, so settings, advisory "
            "locks and temporary tables of a migration would end up in sessions of "
            "the application.",
            hint=OWN_SESSION,
        )
    run.has_own_session = True


def goes_through_transaction_pool(connection: Connection) -> bool:
    """Check whether the next transaction may be in another session.

    The check may commit the present transaction, and leave another one open.
    """
    database = Database(connection)
    return not _is_direct(database) and _is_shared(database)


def _is_direct(database: Database) -> bool:
    """Check whether the server sees the socket of this process.

    Unix-domain sockets have no port to compare.
    """
    seen = database.value("SELECT pg_catalog.inet_client_port()")
    return seen is not None and bool(seen == _local_port(database.connection))


def _local_port(connection: Connection) -> int | None:
    """Return the port of the client's socket, None if it has none, -1 if unknown."""
    try:
        with client_socket(connection) as found:
            name = found.getsockname()
    except (AttributeError, OSError) as error:
        log.debug("cannot read the local port of the connection: %s", error)
        return _UNKNOWN
    return name[1] if isinstance(name, tuple) else None


def _is_shared(database: Database) -> bool:
    """Check whether a second client's transaction takes this session's backend."""
    found: list[int] = []
    looked = threading.Event()

    def hold(watcher: Watcher) -> None:
        with watcher.database() as other:
            other.execute("BEGIN")
            found.append(other.value(_PID))
            while not looked.is_set() and watcher.pause(_POLL):
                pass
            other.execute("ROLLBACK")

    own = _pid(database)
    with beside(database.connection, hold):
        waited = 0.0
        while not found and waited < _PATIENCE:
            database.sleep(_POLL)
            waited += _POLL
        is_shared = bool(found) and (found[0] == own or _pid(database) != own)
        looked.set()
    return is_shared


def _pid(database: Database) -> int:
    """Return the backend pid of this transaction, and end the transaction."""
    found = int(database.value(_PID))
    connection = database.connection
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.commit()
    return found
