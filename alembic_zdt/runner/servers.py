"""Refuse servers and connections that this package does not support."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_zdt.errors import UnsupportedServerError, UsageError
from alembic_zdt.runner.recipe import Recipe
from alembic_zdt.server_facts import OLDEST_SUPPORTED, Server

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

# https://www.postgresql.org/docs/release/14.4/: concurrent builds could miss rows.
_FIRST_SOUND_14 = 140004
_TWO_PART_VERSIONS = 100000


def check_dialect(dialect_name: str, purpose: str) -> None:
    """Refuse other database systems.

    Raises:
        UnsupportedServerError: the dialect is not PostgreSQL's.
    """
    if dialect_name == "postgresql":
        return
    raise UnsupportedServerError(
        f'cannot {purpose} on dialect "{dialect_name}"',
        detail=(
            "The directives of alembic_zdt rely on PostgreSQL's locks and statements."
        ),
        hint=(
            "Use Alembic's own directive on other databases, for example inside \"if "
            'op.get_context().dialect.name == ...".'
        ),
        dialect=dialect_name,
    )


def check_connection(context: MigrationContext) -> None:
    """Refuse connections that would change another table than the named one.

    Raises:
        UsageError: the connection has a ``schema_translate_map``.
    """
    connection = context.connection
    if connection is None:
        return
    if not connection.get_execution_options().get("schema_translate_map"):
        return
    raise UsageError(
        "the connection has a schema_translate_map, which the directives of "
        "alembic_zdt do not follow",
        detail="They send SQL with the names that the calls pass, so they would "
        "change the tables of another schema.",
        hint="Pass schema= to each directive, or set the search_path of the "
        "connection instead.",
    )


def check_version(server: Server, recipe: Recipe) -> None:
    """Refuse servers that are too old, or that may corrupt the index to build.

    Raises:
        UnsupportedServerError: the server is older than 14, or it is 14.0 to 14.3 and
            the recipe builds an index.
    """
    version = _words(server.version)
    if server.version < OLDEST_SUPPORTED:
        raise UnsupportedServerError(
            f"cannot {recipe.purpose}: PostgreSQL {version} is too old",
            detail="alembic_zdt needs PostgreSQL 14 or newer.",
            hint="Upgrade the server, or write the change with Alembic's own "
            "directives.",
            version=server.version,
        )
    if server.version < _FIRST_SOUND_14 and recipe.builds_index:
        raise UnsupportedServerError(
            f"cannot {recipe.purpose}: PostgreSQL {version} can corrupt indexes that "
            "are built concurrently",
            detail="CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY of 14.0 to "
            "14.3 may miss rows; 14.4 mended it.",
            hint="Upgrade to the newest 14.x, which needs no dump, then run the same "
            "command again.",
            version=server.version,
        )


def _words(version: int) -> str:
    if version < _TWO_PART_VERSIONS:
        return f"{version // 10000}.{version // 100 % 100}.{version % 100}"
    return f"{version // 10000}.{version % 10000}"
