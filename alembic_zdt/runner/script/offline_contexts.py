"""Offline contexts of Alembic that record statements and log nothing.

Alembic logs three lines for each context, "Generating static SQL" among them.  In an
online run these lines would describe something that the user did not ask for.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic_zdt.sql_tokens import with_escapes

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_LOGGER = "alembic.runtime.migration"


def offline_context(**opts: Any) -> MigrationContext:
    """Make an offline context for PostgreSQL whose output the caller redirects.

    Args:
        opts: more options of the context.
    """
    # Cannot be imported yet when `import alembic` loads this package's plugin.
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415  # as above

    with without_lines_of_contexts():
        context = MigrationContext.configure(
            dialect_name="postgresql",
            dialect_opts={"paramstyle": "named"},
            opts={"as_sql": True, **opts},
        )
    write_escapes(context.dialect)
    return context


def write_escapes(dialect: Any) -> None:
    """Make a dialect write literals that mean the same on every server.

    SQLAlchemy asks the server for ``standard_conforming_strings``; a dialect that is
    not connected cannot.
    """
    compiler: Any = dialect.statement_compiler

    class Escaping(compiler):  # type: ignore[misc]
        def render_literal_value(self, *args: Any, **options: Any) -> str:
            return with_escapes(str(super().render_literal_value(*args, **options)))

    dialect.statement_compiler = Escaping


@contextmanager
def without_lines_of_contexts() -> Iterator[None]:
    """Drop log lines of this thread below warnings while it creates contexts."""
    thread = threading.get_ident()

    def keeps(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or record.thread != thread

    log = logging.getLogger(_LOGGER)
    log.addFilter(keeps)
    try:
        yield
    finally:
        log.removeFilter(keeps)
