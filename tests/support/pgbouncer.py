"""A real PgBouncer before the server, on loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.support.db import Db
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
UNPACKED = ROOT / ".pgbouncer"
"""Where ``.ci/run`` unpacks Debian's package, without installing it."""


def find() -> tuple[str, dict[str, str]] | None:
    """The program, and the environment that it needs."""
    installed = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if installed:
        return installed, {}
    program = UNPACKED / "usr/sbin/pgbouncer"
    if not program.is_file():
        return None
    folders = (UNPACKED / "usr/lib").glob("*-linux-gnu")
    return str(program), {"LD_LIBRARY_PATH": ":".join(map(str, folders))}


@contextlib.contextmanager
def pooled(db: Db, mode: str, size: int = 5) -> Iterator[str]:
    """Yield psycopg's URL of a pool.

    Args:
        db: the database behind it.
        mode: ``session``, ``transaction`` or ``statement``.
        size: of the pool.
    """
    found = find()
    if found is None:
        if os.environ.get("ZDT_NEEDS_PGBOUNCER"):
            pytest.fail("PgBouncer is not there")
        pytest.skip("PgBouncer is not installed")
    program, variables = found
    port = _free_port()
    # PgBouncer does not run as root, and nobody cannot read pytest's folders.
    with tempfile.TemporaryDirectory(prefix="zdt-pgb-") as folder:
        Path(folder).chmod(0o755)
        file = Path(folder) / "pgbouncer.ini"
        file.write_text(_configuration(db, mode, size, port))
        options = ["-q", "-u", "nobody"] if os.geteuid() == 0 else ["-q"]
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, *options, str(file)],
                env=os.environ | variables,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(lambda: _answers(port), "PgBouncer answers")
            url = make_url(db.url()).set(host="127.0.0.1", port=port)
            yield url.render_as_string(hide_password=False)
        finally:
            process.terminate()
            process.wait(10)


def _configuration(db: Db, mode: str, size: int, port: int) -> str:
    behind = make_url(db.url())
    return (
        "[databases]\n"
        f"* = host={behind.host} port={behind.port} user={behind.username}"
        f" password={behind.password}\n"
        "[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = {mode}\ndefault_pool_size = {size}\n"
        "ignore_startup_parameters = extra_float_digits,options\n"
    )


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
