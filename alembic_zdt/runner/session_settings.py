"""Parameters of the session: set for a while, then as they were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog.database import Database
from alembic_zdt.names import literal
from alembic_zdt.runner import driver_errors


@contextmanager
def session_settings(
    database: Database, wanted: Sequence[tuple[str, str]]
) -> Iterator[None]:
    """Set the parameters while the body runs; on a lost connection nothing is left.

    Args:
        database: whose session.
        wanted: pairs of name and value; a name that the server does not know is
            passed over.
    """
    before: list[tuple[str, str]] = []
    try:
        for name, value in wanted:
            old = database.value(_setting(name, value))
            if old is not None:
                before.append((name, old))
        yield
    except BaseException:
        _restore_if_possible(database, before)
        raise
    _restore(database, before)


def _restore(database: Database, before: Sequence[tuple[str, str]]) -> None:
    if database.connection.invalidated:
        return
    for name, value in reversed(before):
        database.execute(_setting(name, value))


def _restore_if_possible(database: Database, before: Sequence[tuple[str, str]]) -> None:
    """After a failure, which counts more than a connection that is lost, too."""
    try:
        _restore(database, before)
    except DBAPIError as error:
        if not driver_errors.is_disconnect(error):
            raise


def _setting(name: str, value: str) -> str:
    """Set, and return what it was; NULL if there is no such parameter."""
    old = f"pg_catalog.current_setting('{name}', true)"
    new = f"pg_catalog.set_config('{name}', {literal(value)}, false)"
    return f"SELECT {old}, CASE WHEN {old} IS NOT NULL THEN {new} END"
