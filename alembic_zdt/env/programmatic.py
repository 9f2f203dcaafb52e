"""What a program does with migrations, over a sync connection.

https://alembic.sqlalchemy.org/en/latest/api/commands.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from alembic_zdt import compat
from alembic_zdt.env.flask_application import located
from alembic_zdt.errors import DOCUMENTATION, UsageError

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

Configuration = Config | str | Path
Steps = Callable[[Any, "MigrationContext"], Any]
_KEY = "connection"
_INI, _TOML = "alembic.ini", "pyproject.toml"


def config_of(config: Configuration) -> Config:
    """Return Alembic's configuration, read from a file where only its path is given.

    Raises:
        UsageError: there is no such file.
    """
    return located(config if isinstance(config, Config) else _read(Path(config)))


def _read(path: Path) -> Config:
    """Read the files as the command line does: ini, and the pyproject.toml beside."""
    toml = path.with_name(_TOML)
    file = None if path.name == _TOML else str(path)
    if not (path.is_file() or (path.name == _INI and _is_alembics(toml))):
        raise UsageError(
            f'there is no file "{path}"',
            detail="It should be Alembic's configuration.",
            hint='Pass config="path/to/alembic.ini", or an alembic.config.Config.',
        )
    return Config(file, toml_file=str(toml) if toml.is_file() else None)


def _is_alembics(toml: Path) -> bool:
    return toml.is_file() and bool(Config(toml_file=str(toml)).toml_alembic_config)


def run_upgrade(
    given: Connection | Engine | None, revision: str, config: Config
) -> None:
    """Run what is pending up to *revision*."""
    script = ScriptDirectory.from_config(config)

    def upgrade(heads: Any, _context: MigrationContext) -> Any:
        return compat.steps_between(script, heads, revision, downgrade=False)

    _run(given, config, script, upgrade, destination_rev=revision)


def run_downgrade(
    given: Connection | Engine | None, revision: str, config: Config
) -> None:
    """Take back what is above *revision*."""
    script = ScriptDirectory.from_config(config)

    def downgrade(heads: Any, _context: MigrationContext) -> Any:
        return compat.steps_between(script, heads, revision, downgrade=True)

    _run(given, config, script, downgrade, destination_rev=revision)


def found_revisions(
    given: Connection | Engine | None, config: Config
) -> tuple[str, ...]:
    """The revisions in the database."""
    script = ScriptDirectory.from_config(config)
    found: list[str] = []

    def look(heads: Any, _context: MigrationContext) -> Sequence[Any]:
        found.extend([heads] if isinstance(heads, str) else heads)
        return []

    _run(given, config, script, look, dont_mutate=True)
    return tuple(sorted(found))


def _run(
    given: Connection | Engine | None,
    config: Config,
    script: ScriptDirectory,
    steps: Steps,
    **options: Any,
) -> None:
    called: list[bool] = []
    with over(given, config):
        checked = _over_the_right_one(given, steps, called)
        with EnvironmentContext(config, script, fn=checked, **options):
            try:
                script.run_env()
            except RuntimeError as error:  # asyncio.run() of Alembic's async template
                if called or given is None or "event loop" not in str(error):
                    raise
                raise _connects_by_itself() from error


@contextmanager
def over(given: object | None, config: Config) -> Iterator[None]:
    """Let env.py find the connection, and Alembic's other callers what they had."""
    if given is None:
        yield
        return
    attributes = config.attributes
    before = dict(attributes)
    attributes[_KEY] = given
    try:
        yield
    finally:
        attributes.clear()
        attributes.update(before)


def _over_the_right_one(
    given: Connection | Engine | None, steps: Steps, called: list[bool]
) -> Steps:
    """The steps, unless env.py has a connection of its own: to another database."""

    def checked(heads: Any, context: MigrationContext) -> Any:
        called.append(True)
        used = context.connection
        is_right = used is given or (used is not None and used.engine is given)
        if given is not None and not is_right:
            raise _connects_by_itself()
        return steps(heads, context)

    checked.__name__ = steps.__name__
    return checked


def _connects_by_itself() -> UsageError:
    return UsageError(
        "env.py does not use the connection that it was given",
        detail='It is in config.attributes["connection"].',
        hint=f"Let env.py call alembic_zdt.env.run() ({DOCUMENTATION}/env.md), or use "
        "the connection there.",
    )
