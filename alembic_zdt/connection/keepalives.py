"""End a connection whose other side has vanished.

A machine that fails, or a NAT that forgets an idle connection, sends no message.
Without keepalives the server's session then keeps its locks for more than two hours,
and the client waits for an answer as long.  Both sides send a first probe after a
minute of silence, and give up a minute later.

https://www.postgresql.org/docs/current/runtime-config-connection.html#RUNTIME-CONFIG-TCP-SETTINGS
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

log = logging.getLogger("alembic_zdt")

IDLE = 60
"""Seconds of silence before the first probe."""

INTERVAL = 10
"""Seconds between two probes."""

COUNT = 6
"""Number of unanswered probes that ends the connection."""

CHECK = 10
"""Seconds after which a busy server checks again whether its client is connected."""


def server_settings() -> tuple[tuple[str, str], ...]:
    """Return names and values of the keepalive parameters of the session."""
    return (
        ("tcp_keepalives_idle", str(IDLE)),
        ("tcp_keepalives_interval", str(INTERVAL)),
        ("tcp_keepalives_count", str(COUNT)),
        ("tcp_user_timeout", str(1000 * _patience())),
        ("client_connection_check_interval", f"{CHECK}s"),
    )


def until_end_of_transaction() -> str:
    """Return SQL that sets the TCP parameters for the open transaction only."""
    return ", ".join(
        f"pg_catalog.set_config('{name}', '{value}', true)"
        for name, value in server_settings()[:-1]
    )


@contextlib.contextmanager
def kept_alive(connection: Connection) -> Iterator[None]:
    """Set the client's keepalives while the body runs, then restore the old ones."""
    try:
        with client_socket(connection) as found:
            before = _set(found)
    except (AttributeError, OSError) as error:
        log.debug("cannot set keepalives: %s", error)
        before = []
    try:
        yield
    finally:
        if before and not (connection.closed or connection.invalidated):
            with (
                contextlib.suppress(AttributeError, OSError),
                client_socket(connection) as found,
            ):
                _restore(found, before)


@contextlib.contextmanager
def client_socket(connection: Connection) -> Iterator[Any]:
    """Yield the client's socket of the connection.

    Raises:
        AttributeError: the driver does not show the socket.
        OSError: the socket is closed, or Python cannot use it.
    """
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "pgconn"):  # psycopg
        with socket.socket(fileno=os.dup(driver.pgconn.socket)) as copy:
            yield copy
    elif hasattr(driver, "get_transaction_status"):  # psycopg2
        with socket.socket(fileno=os.dup(driver.fileno())) as copy:
            yield copy
    else:  # asyncpg
        yield driver._transport.get_extra_info("socket")  # noqa: SLF001


def _patience() -> int:
    return IDLE + INTERVAL * COUNT


def _options() -> Iterator[tuple[int, int, int]]:
    """Yield level, option and value of each socket option of this platform."""
    tcp = socket.IPPROTO_TCP
    yield socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1
    for name, value in (
        ("TCP_KEEPIDLE", IDLE),
        ("TCP_KEEPALIVE", IDLE),  # the same on macOS
        ("TCP_KEEPINTVL", INTERVAL),
        ("TCP_KEEPCNT", COUNT),
        ("TCP_USER_TIMEOUT", 1000 * _patience()),
    ):
        if hasattr(socket, name):
            yield tcp, getattr(socket, name), value


def _set(found: Any) -> list[tuple[int, int, int]]:
    """Set the options, and return the old values."""
    if found.family not in {socket.AF_INET, socket.AF_INET6}:
        return []
    before = []
    for level, option, value in _options():
        before.append((level, option, found.getsockopt(level, option)))
        found.setsockopt(level, option, value)
    return before


def _restore(found: Any, before: list[tuple[int, int, int]]) -> None:
    for each in reversed(before):
        found.setsockopt(*each)
