"""Migrations that a program runs over a sync connection.

https://alembic.sqlalchemy.org/en/latest/api/commands.html
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.alembic_compat.config_values import OURS
from alembic_zdt.env.flask_application import located
from alembic_zdt.errors import UsageError
from alembic_zdt.runner.config_files import read_config

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

Configuration = Config | str | Path
PhaseName = Literal["expand", "migrate", "contract", "before_deploy", "after_deploy"]
Steps = Callable[[Any, "MigrationContext"], Any]
_KEY = "connection"


def config_of(config: Configuration) -> Config:
    """Return Alembic's configuration, read from a file where only its path is given.

    Raises:
        UsageError: there is no such file.
    """
    return located(config if isinstance(config, Config) else read_config(Path(config)))


@contextmanager
def announced(config: Config, old_sessions: str | None) -> Iterator[None]:
    """Mark the run of the body as one that this package has started.

    Args:
        config: the Alembic configuration of the run.
        old_sessions: the value in place of the setting; None keeps the setting.
    """
    config.attributes[OURS] = {"old_sessions": old_sessions} if old_sessions else {}
    try:
        yield
    finally:
        config.attributes.pop(OURS, None)


def run_to(
    given: Connection | Engine | None,
    revision: str,
    config: Config,
    *,
    downgrade: bool = False,
) -> None:
    """Run the pending revisions up to *revision*, or revert those above it."""
    script = ScriptDirectory.from_config(config)

    def steps(heads: Any, _context: MigrationContext) -> Any:
        found = contexts.steps_between(script, heads, revision, downgrade=downgrade)
        return list(found)  # which the checks of all steps look at

    run_steps(given, config, script, steps, destination_rev=revision)


def found_revisions(
    given: Connection | Engine | None, config: Config
) -> tuple[str, ...]:
    """Return the revisions that the database is at, sorted."""
    script = ScriptDirectory.from_config(config)
    found: list[str] = []

    def look(heads: Any, _context: MigrationContext) -> Sequence[Any]:
        found.extend([heads] if isinstance(heads, str) else heads)
        return []

    run_steps(given, config, script, look, dont_mutate=True)
    return tuple(sorted(found))


def run_steps(
    given: Connection | Engine | None,
    config: Config,
    script: ScriptDirectory,
    steps: Steps,
    **options: Any,
) -> None:
    """Run the steps that *steps* returns.

    Args:
        given: the caller's connection, None if env.py connects.
        config: Alembic's configuration.
        script: the revisions.
        steps: a function that returns the steps, called for each database.
        options: the options of Alembic's environment.
    """
    with over(given, config):
        checked = over_the_given_one(config, steps)
        with EnvironmentContext(config, script, fn=checked, **options):
            script.run_env()


@contextmanager
def over(given: object | None, config: Config) -> Iterator[None]:
    """Pass the connection to env.py, and restore the attributes of *config* afterwards.

    Raises:
        UsageError: env.py starts an event loop, and one is running.
    """
    attributes = config.attributes
    before = dict(attributes)
    if given is not None:
        attributes[_KEY] = given
    try:
        with _naming_a_second_loop(given):
            yield
    finally:
        attributes.clear()
        attributes.update(before)


def over_the_given_one(config: Config, steps: Steps) -> Steps:
    """Wrap *steps*, so that they refuse any connection but the caller's.

    An env.py that connects by itself may connect to another database.
    """

    @functools.wraps(steps)
    def checked(heads: Any, context: MigrationContext) -> Any:
        given, used = config.attributes.get(_KEY), context.connection
        is_right = used is given or (used is not None and used.engine is given)
        if given is not None and not is_right:
            raise _connects_by_itself()
        return steps(heads, context)

    return checked


@contextmanager
def _naming_a_second_loop(given: object | None) -> Iterator[None]:
    """Replace the error of ``asyncio.run()`` in Alembic's async template by our own."""
    try:
        yield
    except RuntimeError as error:
        if not (_is_in_a_loop() and re.search("event loop|asyncio", str(error))):
            raise
        _close_coroutines(error)
        raise _starts_a_loop() if given is None else _connects_by_itself() from error


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _close_coroutines(error: BaseException) -> None:
    """Close coroutines that never started, about which Python would warn later."""
    for frame, _line in traceback.walk_tb(error.__traceback__):
        for value in list(frame.f_locals.values()):
            is_new = inspect.iscoroutine(value) and (
                inspect.getcoroutinestate(value) == inspect.CORO_CREATED
            )
            if is_new:
                value.close()


_HINT = (
    "Let env.py call alembic_zdt.env.run(), or use the connection there: run the "
    'migrations over config.attributes["connection"] if it is set, and call '
    "asyncio.run() only if it is not."
)
_HINT_IN_A_LOOP = (
    f"Await alembic_zdt.aio.upgrade(engine), or another function of aio. {_HINT}"
)


def _connects_by_itself() -> UsageError:
    return UsageError(
        "env.py does not use the connection that it was given",
        detail='The connection is in config.attributes["connection"].',
        hint=_HINT,
    )


def _starts_a_loop() -> UsageError:
    return UsageError(
        "cannot run env.py: it starts an event loop inside a running one",
        detail="env.py calls asyncio.run(), as Alembic's async template does.",
        hint=_HINT_IN_A_LOOP,
    )
