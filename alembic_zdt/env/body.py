"""The body of ``env.py``, for all ways in which Alembic is run.

https://alembic.sqlalchemy.org/en/latest/api/runtime.html#the-environment-context
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from logging.config import fileConfig
from pathlib import Path
from typing import Any

from alembic import context
from alembic.config import Config
from sqlalchemy import URL, Connection, MetaData

from alembic_zdt import registration
from alembic_zdt.autogenerate.rewriter import rewriter
from alembic_zdt.env import connections
from alembic_zdt.env.migration_lock import one_at_a_time
from alembic_zdt.env.url_sources import VARIABLES, missing, said_url
from alembic_zdt.env.urls import DatabaseUrl, usable
from alembic_zdt.errors import UsageError
from alembic_zdt.runner.refusals import refusing_clearly

Url = str | URL | Callable[[], str | URL]


def run(
    target_metadata: MetaData | Sequence[MetaData] | None = None,
    *,
    url: Url | None = None,
    url_variables: Sequence[str] = VARIABLES,
    schemas: Sequence[str | None] | None = None,
    engine_options: Mapping[str, Any] | None = None,
    **options: Any,
) -> None:
    """Run the migrations from ``env.py``.

    It works with a URL of a sync or an async driver, within a running event loop, and
    offline.  A connection in ``config.attributes["connection"]`` takes precedence over
    the URL.  Each revision has a transaction of its own.

    Args:
        target_metadata: the metadata of the models, or a list of several.
        url: the URL of the database, for example from a settings object, or a function
            that returns it.  Default: *url_variables*, then ``sqlalchemy.url`` of
            alembic.ini or pyproject.toml.  ``-x url=`` takes precedence over all.
        url_variables: names of environment variables, in order.
        schemas: the schemas that autogenerate compares, with None for the default
            schema.  Default: the default schema alone.
        engine_options: arguments for ``create_engine()``.
        options: arguments for ``context.configure()``, and settings of this package as
            ``zdt_<name>=``.

    Raises:
        UrlError: there is no URL, or none that can be used.
        ExternalTransactionError: the caller's connection has a transaction already.
        UsageError: the caller's connection is an async one, or *schemas* or
            *url_variables* is text instead of a list.

    Example::

        from alembic_zdt import env

        env.run(target_metadata=None)

    https://alembic.sqlalchemy.org/en/latest/api/runtime.html
    """
    _refuse_text("schemas", schemas)
    _refuse_text("url_variables", url_variables)
    registration.announce()  # Alembic before 1.18 loads no plugins
    config = context.config
    _set_up_logging(config)
    configured = _configuration(target_metadata, schemas) | options
    migrate = partial(_migrate, configured)
    if context.is_offline_mode():
        _write_script(configured, _url(config, url, url_variables))
        return
    given = config.attributes.get("connection")
    if given is not None:
        connections.over_given(given, migrate)
        return
    found = _url(config, url, url_variables)
    if found is None:
        raise missing(url_variables)
    connections.over_own(found, config, engine_options or {}, migrate)


def _refuse_text(name: str, value: object) -> None:
    if isinstance(value, str):
        raise UsageError(
            f"{name}={value!r} is not a list of names",
            detail="Each letter would be a name.",
            hint=f"Write {name}=[{value!r}].",
        )


def _url(
    config: Config, url: Url | None, variables: Sequence[str]
) -> DatabaseUrl | None:
    given = url() if callable(url) else url
    if given is not None and not isinstance(given, URL):
        given = str(given)  # settings objects have types of their own
    said = said_url(config, given, variables)
    return None if said is None else usable(said)


def _configuration(
    target_metadata: Any, schemas: Sequence[str | None] | None
) -> dict[str, Any]:
    found = {
        "target_metadata": target_metadata,
        "transaction_per_migration": True,
        "process_revision_directives": rewriter,
    }
    if schemas is None:
        return found
    wanted = frozenset(schemas)

    def include_name(name: str | None, kind: str, _parents: Any) -> bool:
        if kind != "schema" or name in wanted:
            return True
        # Alembic calls the default one None, whatever its name is.
        default = context.get_context().dialect.default_schema_name
        return name is None and default in wanted

    return found | {"include_schemas": True, "include_name": include_name}


def _write_script(configured: Mapping[str, Any], url: DatabaseUrl | None) -> None:
    dialect: dict[str, Any] = {"dialect_name": "postgresql"}
    context.configure(
        **({"url": url.url} if url else dialect),
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **configured,
    )
    with context.begin_transaction():
        context.run_migrations()


def _migrate(configured: Mapping[str, Any], connection: Connection) -> None:
    context.configure(connection=connection, **configured)
    with (
        refusing_clearly(),
        one_at_a_time(context.get_context()),
        context.begin_transaction(),
    ):
        context.run_migrations()


def _set_up_logging(config: Config) -> None:
    """Configure logging from alembic.ini, unless an application runs Alembic."""
    is_wanted = config.attributes.get("configure_logger", config.cmd_opts is not None)
    name = config.config_file_name
    if not is_wanted or name is None or not Path(name).exists():
        return
    if "[loggers]" in Path(name).read_text(encoding="utf-8"):
        fileConfig(name, disable_existing_loggers=False)
