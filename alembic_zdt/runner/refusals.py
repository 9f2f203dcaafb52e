"""Refuse connections over which no migration can run, before anything is done.

These are an unknown driver, a session that may not write, and a pooler in statement
mode.  ``pooler`` finds a pooler in transaction mode.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import PreconditionError, UnsupportedServerError
from alembic_zdt.runner.blockers import RUN_AGAIN
from alembic_zdt.runner.recipe import Recipe
from alembic_zdt.runner.run_state import RunState

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

DRIVERS = ("psycopg", "psycopg_async", "asyncpg", "psycopg2")
"""Names of SQLAlchemy's drivers over which directives run."""

_LOOK = (
    "SELECT pg_catalog.pg_is_in_recovery(),"
    " pg_catalog.current_setting('transaction_read_only')"
)
_STATEMENT_POOLING = "statement pooling"
_NOTHING_DONE = "A migration writes. Nothing has been changed."
_SCHEMES = "postgresql+psycopg:// or postgresql+asyncpg://"


def refuse_unknown_driver(context: MigrationContext, purpose: str) -> None:
    """Refuse a driver with which directives are not tested.

    Raises:
        UnsupportedServerError: the driver is none of :data:`DRIVERS`.
    """
    driver = context.dialect.driver
    if context.connection is None or driver in DRIVERS:
        return
    raise UnsupportedServerError(
        f'cannot {purpose}: the driver "{driver}" is not supported',
        detail="The directives of alembic_zdt run over psycopg, asyncpg and psycopg2. "
        "Another driver reports errors and handles autocommit mode in its own way, "
        "so an interrupted step might not be repaired.",
        hint=f"Give the migrations a URL that begins with {_SCHEMES}, or write "
        "the change with Alembic's own directives.",
    )


def refuse_read_only(connection: Connection, run: RunState) -> None:
    """Refuse a session that may not write, with one check for each run.

    Raises:
        UnsupportedServerError: the server is a standby, or transactions are read-only.
    """
    if run.may_write:
        return
    is_standby, read_only = Database(connection).rows(_LOOK)[0]
    if is_standby:
        raise _standby()
    if read_only == "on":
        raise _read_only_session()
    run.may_write = True


@contextmanager
def refusing_clearly() -> Iterator[None]:
    """Explain in one sentence why the body could not begin on this connection.

    Alembic writes before any directive does: it creates its version table.

    Raises:
        UnsupportedServerError: the session is read-only, or the connection goes through
            a pooler in statement mode.
    """
    try:
        yield
    except Exception as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(error: Exception) -> UnsupportedServerError | None:
    # SQLAlchemy 2.0 does not translate what asyncpg raises while it connects.
    if _STATEMENT_POOLING in str(error):
        return _statement_pooling()
    if not isinstance(error, DBAPIError):
        return None
    if driver_errors.diagnostics(error).sqlstate == driver_errors.READ_ONLY:
        return _read_only()
    return None


OWN_SESSION = (
    "Connect to the server itself, or to a pool in session mode: give the migrations a "
    "URL of their own in DATABASE_URL_SYNC."
)
"""The hint for a pooler that gives each transaction, or statement, another session."""


def _statement_pooling() -> UnsupportedServerError:
    return UnsupportedServerError(
        "the connection goes through a pooler in statement mode",
        detail="This mode allows no transactions, so no migration can run there.",
        hint=OWN_SESSION,
    )


def _standby() -> UnsupportedServerError:
    return UnsupportedServerError(
        "the server is a standby, which is read-only",
        detail=_NOTHING_DONE,
        hint="Give the migrations the URL of the primary.",
    )


def _read_only_session() -> UnsupportedServerError:
    return UnsupportedServerError(
        "transactions of this session are read-only",
        detail=_NOTHING_DONE,
        hint="Let this role write: "
        "ALTER ROLE ... SET default_transaction_read_only = off.",
    )


def _read_only() -> UnsupportedServerError:
    return UnsupportedServerError(
        "the server is a standby, or transactions of this session are read-only",
        detail=_NOTHING_DONE,
        hint="Give the migrations the URL of the primary, or let this role write: "
        "ALTER ROLE ... SET default_transaction_read_only = off.",
    )


def changes_all_the_time(recipe: Recipe, attempts: int) -> PreconditionError:
    """Build the error for an object that has changed at every attempt."""
    return PreconditionError(
        f"could not {recipe.purpose}: {recipe.subject} changes all the time",
        detail=f"In each of {attempts} tries another session changed the definition, "
        "or an object that depends on it, while this run waited for the lock.",
        hint=f"End the session that makes these changes, then {RUN_AGAIN}",
    )
