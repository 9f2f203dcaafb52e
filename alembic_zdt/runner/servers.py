"""Which servers this package refuses to work on, and why."""

from __future__ import annotations

from alembic_zdt.errors import UnsupportedServerError
from alembic_zdt.facts import OLDEST_SUPPORTED, Server
from alembic_zdt.runner.recipe import Recipe

# https://www.postgresql.org/docs/release/14.4/: concurrent builds could corrupt.
_FIRST_SOUND_14 = 140004


def check_dialect(dialect_name: str, purpose: str) -> None:
    """Refuse other database systems.

    Raises:
        UnsupportedServerError: the dialect is not PostgreSQL's.
    """
    if dialect_name == "postgresql":
        return
    raise UnsupportedServerError(
        f'cannot {purpose} on dialect "{dialect_name}"',
        detail="The directives of alembic_zdt are made of PostgreSQL's locks and "
        "statements.",
        hint="Use Alembic's own directive on other databases, for example behind "
        '"if op.get_context().dialect.name == ...".',
        dialect=dialect_name,
    )


def check_version(server: Server, recipe: Recipe) -> None:
    """Refuse servers that are too old, or known to corrupt what would be built.

    Raises:
        UnsupportedServerError: older than 14, or 14.0 to 14.3 and an index build.
    """
    version = _words(server.version)
    if server.version < OLDEST_SUPPORTED:
        raise UnsupportedServerError(
            f"cannot {recipe.purpose}: PostgreSQL {version} is too old",
            detail="alembic_zdt is tested on PostgreSQL 14 and newer.",
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
    return f"{version // 10000}.{version % 10000}"
