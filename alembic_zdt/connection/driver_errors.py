"""Read the server's SQLSTATE and message from the exception of any driver."""

from __future__ import annotations

import re
import time
from typing import Any

from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection import cancels
from alembic_zdt.steps import Diagnostics

LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK_DETECTED = "40P01"
SERIALIZATION_FAILURE = "40001"
QUERY_CANCELED = cancels.QUERY_CANCELED
UNIQUE_VIOLATION = "23505"
DUPLICATE_TABLE = "42P07"
UNDEFINED_TABLE = "42P01"
CHECK_VIOLATION = "23514"
FOREIGN_KEY_VIOLATION = "23503"
NOT_NULL_VIOLATION = "23502"
INSUFFICIENT_PRIVILEGE = "42501"
IN_FAILED_TRANSACTION = "25P02"
READ_ONLY = "25006"
UNDEFINED_OBJECT = "42704"
NOT_IN_PREREQUISITE_STATE = "55000"
DEPENDENT_OBJECTS = "2BP01"
INVALID_TABLE_DEFINITION = "42P16"
WRONG_OBJECT_TYPE = "42809"
DATATYPE_MISMATCH = "42804"
# Column, table, another object, schema.
UNDEFINED = ("42703", "42P01", "42704", "3F000")
# Duplicate and undefined objects: another process may have been faster.
OVERTAKEN = {"42P07", "42710", "42701", "42704", "42P01", "42703"}
# Classes of SQLSTATE: data exceptions, and errors that PL/pgSQL functions raise.
ABOUT_VALUES = ("22", "P0")
_CONNECTION_CLASSES = ("08", "57P")


def diagnostics(error: DBAPIError) -> Diagnostics:
    """Return the SQLSTATE and the fields of the server's message."""
    original: Any = error.orig
    source = getattr(original, "diag", None)  # psycopg
    if source is not None and getattr(source, "sqlstate", None):
        return _from_psycopg(source)
    return _from_asyncpg(original)


def _from_psycopg(diag: Any) -> Diagnostics:
    return Diagnostics(
        sqlstate=diag.sqlstate,
        message=diag.message_primary or "",
        detail=diag.message_detail or "",
        constraint=diag.constraint_name or "",
        column=diag.column_name or "",
    )


def _from_asyncpg(original: Any) -> Diagnostics:
    cause = getattr(original, "__cause__", None) or original
    return Diagnostics(
        sqlstate=getattr(original, "sqlstate", None)
        or getattr(cause, "sqlstate", None)
        or "",
        message=getattr(cause, "message", None) or str(cause or original),
        detail=getattr(cause, "detail", None) or "",
        constraint=getattr(cause, "constraint_name", None) or "",
        column=getattr(cause, "column_name", None) or "",
    )


def waits_for_name(error: DBAPIError) -> bool:
    """Check whether the statement waited for the name of an object that it creates.

    The message names the catalog index in which another transaction has stored the
    name.
    """
    original: Any = error.orig
    places = (original, getattr(original, "__cause__", None))
    for place in (*places, getattr(original, "diag", None)):
        if _NAMES.search(str(getattr(place, "context", None) or "")):
            return True
    return False


# Each language has quotation marks of its own.
_NAMES = re.compile(r"\bpg_\w+_index\b")


def is_disconnect(error: DBAPIError) -> bool:
    """Check whether the error means that the backend or the network is gone."""
    if error.connection_invalidated:
        return True
    state = diagnostics(error).sqlstate
    return state != QUERY_CANCELED and state.startswith(_CONNECTION_CLASSES)


def is_cancel(error: DBAPIError) -> bool:
    """Check whether another session cancelled the statement.

    A timeout has the same SQLSTATE.  For statements with a ``statement_timeout`` of
    this package, :func:`is_cancel_within` decides.
    """
    state = diagnostics(error).sqlstate
    return state == QUERY_CANCELED and not cancels.is_timeout(error)


def is_cancel_within(error: DBAPIError, began: float, limit: float) -> bool:
    """Check whether another session cancelled a statement before its timeout.

    Args:
        error: the error of the statement.
        began: ``time.monotonic()`` before it was sent.
        limit: its ``statement_timeout`` in seconds.
    """
    is_early = time.monotonic() - began < limit
    return is_early and diagnostics(error).sqlstate == QUERY_CANCELED


def ends_run(error: DBAPIError) -> bool:
    """Check whether the connection is lost, or another session wants the run to end."""
    return is_disconnect(error) or is_cancel(error)
