"""The connection of the migrations: the caller's, or a new sync or async one.

https://alembic.sqlalchemy.org/en/latest/cookbook.html#sharing-a-connection-across-one-or-more-programmatic-migration-commands
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from alembic.config import Config
from sqlalchemy import Connection, Engine, NullPool, engine_from_config
from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.connection.keepalives import kept_alive
from alembic_zdt.env.urls import DatabaseUrl
from alembic_zdt.errors import CannotConnectError, ExternalTransactionError, UsageError
from alembic_zdt.runner.refusals import refusing_clearly

Work = Callable[[Connection], None]

_PATIENCE = "zdt_connect_timeout"


def over_given(given: object, work: Work) -> None:
    """Run *work* over the caller's ``config.attributes["connection"]``.

    Raises:
        ExternalTransactionError: it has a transaction already.
        UsageError: it is neither a sync connection nor a sync engine.
    """
    if isinstance(given, Engine):
        _refuse_async(given.dialect.is_async, given)
        with given.connect() as own:
            try:
                _watched(work)(own)
            finally:
                own.invalidate()  # nothing of its session goes back into the pool
        return
    _refuse_async(not isinstance(given, Connection), given)
    connection: Any = given
    if connection.in_transaction():
        raise _external_transaction()
    try:
        _watched(work)(connection)
    finally:
        if connection.in_transaction():  # after reading the revisions, for example
            connection.rollback()


def over_own(
    url: DatabaseUrl, config: Config, options: Mapping[str, Any], work: Work
) -> None:
    """Run *work* over a new connection, and close it.

    Args:
        url: the URL of the database.
        config: Alembic's configuration, whose ``sqlalchemy.`` options apply, too.
        options: arguments for ``create_engine()``.
        work: a function that gets the connection.
    """
    section = _engine_options(config) | {"sqlalchemy.url": url.url}
    arguments: dict[str, Any] = {"poolclass": NullPool, **options}
    patience = _patience(url, config)
    given = url.connect_args | options.get("connect_args", {})
    arguments["connect_args"] = patience | given
    if not url.is_async:
        engine = engine_from_config(section, prefix="sqlalchemy.", **arguments)
        with _connecting(url):
            connection = engine.connect()
        with connection:
            _watched(work)(connection)
        return
    _run(_async_work(url, section, arguments, _watched(work)))


def _watched(work: Work) -> Work:
    """Wrap *work*, so that it fails instead of waiting for a server that is gone."""

    def watched(connection: Connection) -> None:
        with kept_alive(connection):
            work(connection)

    return watched


@contextmanager
def connecting_within(config: Config, seconds: float) -> Iterator[None]:
    """Limit the time of each connection attempt in the body.

    A timeout in the URL takes precedence.
    """
    attributes = config.attributes
    attributes[_PATIENCE] = seconds
    try:
        yield
    finally:
        attributes.pop(_PATIENCE, None)


def _patience(url: DatabaseUrl, config: Config) -> dict[str, Any]:
    seconds = config.attributes.get(_PATIENCE)
    is_said = {"connect_timeout", "timeout"} & {*url.url.query, *url.connect_args}
    if seconds is None or is_said:
        return {}
    name = "timeout" if url.url.drivername.endswith("asyncpg") else "connect_timeout"
    return {name: max(1, int(seconds))}


def _engine_options(config: Config) -> dict[str, Any]:
    """Return the ``sqlalchemy.`` options of alembic.ini, without reading the URL."""
    file, name = config.file_config, config.config_ini_section
    options = file.options(name) if file.has_section(name) else []
    wanted = (each for each in options if each.startswith("sqlalchemy."))
    return {each: file.get(name, each) for each in wanted if each != "sqlalchemy.url"}


async def _async_work(
    url: DatabaseUrl,
    section: dict[str, Any],
    arguments: Mapping[str, Any],
    work: Work,
) -> None:
    from sqlalchemy.ext.asyncio import (  # noqa: PLC0415, TID251  # needs greenlet
        async_engine_from_config,
    )

    engine = async_engine_from_config(section, prefix="sqlalchemy.", **arguments)
    try:
        with _connecting(url):
            connection = await engine.connect()
        try:
            await connection.run_sync(work)
        finally:
            await connection.close()
    finally:
        await engine.dispose()


@contextmanager
def _connecting(url: DatabaseUrl) -> Iterator[None]:
    try:
        with refusing_clearly():
            yield
    except Exception as error:
        if not is_unreachable(error):
            raise
        said = str(getattr(error, "orig", None) or error) or repr(error)
        shown = url.url.set(query={}).render_as_string(hide_password=True)
        raise CannotConnectError(
            f'cannot connect to "{shown}"',
            detail=f"The driver reported: {' '.join(said.split())}.",
            hint="Correct the URL, or make the server reachable.",
        ) from error


def is_unreachable(error: BaseException) -> bool:
    """Check whether the server did not answer, or refused the role.

    SQLAlchemy 2.0 does not translate the errors of asyncpg while it connects.
    """
    if isinstance(error, SQLAlchemyError | OSError | TimeoutError):
        return True
    return type(error).__module__.partition(".")[0] == "asyncpg"


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run *work* in a new event loop, in another thread if a loop is running.

    The thread has the context variables of the caller: a trace, for example, or whether
    events are sent.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
        return
    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:  # noqa: BLE001  # raised by the caller's thread
            failed.append(error)

    context = contextvars.copy_context()
    thread = threading.Thread(
        target=context.run, args=(run,), name="alembic_zdt migrations"
    )
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def _refuse_async(is_async: bool, given: object) -> None:
    if is_async:
        kind = type(given).__name__
        raise UsageError(
            f'config.attributes["connection"] is of type {kind}',
            detail="Alembic needs a sync Connection, or an Engine of a sync driver.",
            hint="Pass the connection that run_sync() gives to its function, or await "
            "alembic_zdt.aio.upgrade(engine).",
        )


def _external_transaction() -> ExternalTransactionError:
    return ExternalTransactionError(
        'config.attributes["connection"] has a transaction already',
        detail="Alembic would leave the transaction open. Unless the caller commits "
        "it, all changes would be rolled back without an error. Directives cannot run "
        "in this transaction.",
        hint="Pass a connection of engine.connect(), not of engine.begin(). If the "
        "connection runs statements before the migration, call connection.commit() "
        "after them.",
    )
