"""Run ``python -m alembic`` in a fork of a process that has imported it.

To import Alembic, SQLAlchemy and a driver takes most of a second of each command.  Here
one process per worker has imported them and forks for each command; everything else is
as with a new interpreter: arguments, folder, environment, streams, signals, exit code.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DRIVERS = (
    "asyncpg",
    "psycopg",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.ext.asyncio",
)
IMPORTED = {
    "alembic": ("alembic.config", "alembic.command", *DRIVERS),
    "alembic_zdt": ("alembic_zdt.cli", "alembic.command", *DRIVERS),
    "uvicorn": ("alembic_zdt.cli", "alembic.command", "fastapi", "uvicorn", *DRIVERS),
    "-c": ("mako.template", "sqlalchemy"),
    "with": ("alembic.config", "alembic.command", *DRIVERS),
    "without": ("tests.support.hidden", "alembic.config", "alembic.command", *DRIVERS),
    "tests.support.changed_alembic": (
        "mako.template",
        "postgast",
        "sqlalchemy.dialects.postgresql.psycopg",
        "sqlalchemy.dialects.sqlite.pysqlite",
    ),
}
"""Module -> what its command imports anyway.

``-c`` runs code that imports Alembic; ``with`` and ``without`` run code where Alembic
is imported, with this package and with its entry point hidden.
"""
_STRICT = ("alembic", "alembic_zdt", "with")
"""Modules that import the package with Alembic; its hooks raise their failures."""
_CODE = ("-c", "with", "without")
SERVE = "import sys; from tests.support.forking import serve; serve(*sys.argv[1:])"


class Forked:
    """A command that runs; the part of ``subprocess.Popen`` that tests need."""

    def __init__(self, pid: int, status: int, stdout: int, stderr: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._status = status
        self._said = {stdout: bytearray(), stderr: bytearray()}
        self._streams = (stdout, stderr)
        self._open = {stdout, stderr}

    def poll(self) -> int | None:
        """Return the exit code, or ``None`` while it runs."""
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self._take_status()
        return self.returncode

    def _take_status(self) -> None:
        self.returncode = int(os.read(self._status, 64))
        os.close(self._status)

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float = 60.0) -> tuple[str, str]:
        """Return what it prints until its end."""
        deadline = time.monotonic() + timeout
        with selectors.DefaultSelector() as waiting:
            for stream in self._open:
                waiting.register(stream, selectors.EVENT_READ)
            while self._open:
                self._read(waiting, deadline, timeout)
        if self.returncode is None:
            self._take_status()
        stdout, stderr = (self._said[stream].decode() for stream in self._streams)
        return stdout, stderr

    def _read(
        self, waiting: selectors.BaseSelector, deadline: float, timeout: float
    ) -> None:
        ready = waiting.select(max(0, deadline - time.monotonic()))
        if not ready:
            raise subprocess.TimeoutExpired("alembic", timeout)
        for key, _ in ready:
            found = os.read(key.fd, 65536)
            self._said[key.fd] += found
            if not found:
                waiting.unregister(key.fd)
                self._open.remove(key.fd)
                os.close(key.fd)


class Forker:
    """Starts commands of one module.

    Its process begins with the first command and ends with ``close()``.

    Args:
        module: ``alembic`` or ``alembic_zdt``; ``-c``: its argument is code.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def start(
        self, arguments: Sequence[str], folder: Path, env: Mapping[str, str]
    ) -> Forked:
        """Start ``python -m module arguments`` in a folder."""
        server = self._server()
        pipes = [os.pipe() for _ in range(3)]
        call = json.dumps([self._module, [*arguments], str(folder), dict(env)])
        with Path(os.devnull).open() as stdin:
            heirs = [stdin.fileno(), *(theirs for _, theirs in pipes)]
            size = len(call.encode()).to_bytes(4, "big")
            socket.send_fds(server, [size], heirs)
        server.sendall(call.encode())
        for _, theirs in pipes:
            os.close(theirs)
        pid = int.from_bytes(_exactly(server, 4), "big")
        (stdout, _), (stderr, _), (status, _) = pipes
        return Forked(pid, status, stdout, stderr)

    def _server(self) -> socket.socket:
        if self._socket is None:
            self._socket, theirs = socket.socketpair()
            with theirs:
                number = str(theirs.fileno())
                self._process = subprocess.Popen(
                    [sys.executable, "-c", SERVE, self._module, number],
                    cwd=ROOT,
                    env=os.environ | {"PYTHONHASHSEED": "0"},
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                )
        return self._socket

    def close(self) -> None:
        """End the process; a command that still runs goes on."""
        if self._socket is not None and self._process is not None:
            self._socket.close()
            self._process.wait(30)
            self._socket = self._process = None


def _exactly(stream: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = stream.recv(size - len(found))
        if not part:
            raise EOFError
        found += part
    return found


# ------------------------------------------------------------------ the other process


def serve(module: str, number: str) -> None:
    """Fork for each call from the socket, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in IMPORTED[module]:
        importlib.import_module(name)
    if (hooks := _strict_hooks(module)) is not None:
        hooks.make_strict()
    ended, wake = os.pipe()
    for end in (ended, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    statuses: dict[int, int] = {}
    with socket.socket(fileno=int(number)) as server:
        while True:
            ready, _, _ = select.select([server.fileno(), ended], [], [])
            if ended in ready:
                os.read(ended, 4096)
                _report(statuses)
            if server.fileno() in ready and not _fork(server, statuses):
                return


def _strict_hooks(module: str) -> Any:
    """Import what makes hooks strict, where the package is imported already."""
    if module not in _STRICT or "alembic_zdt" not in sys.modules:
        return None
    return importlib.import_module("tests.support.strict_hooks")


def _report(statuses: dict[int, int]) -> None:
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            status = statuses.pop(found[0])
            with contextlib.suppress(BrokenPipeError):  # nobody waits for it
                os.write(status, str(os.waitstatus_to_exitcode(found[1])).encode())
            os.close(status)


def _fork(server: socket.socket, statuses: dict[int, int]) -> bool:
    head, heirs, _, _ = socket.recv_fds(server, 4, 4)
    if not head:
        return False
    call = json.loads(_exactly(server, int.from_bytes(head, "big")))
    *streams, status = heirs
    pid = os.fork()
    if pid == 0:
        server.close()
        for each in (*statuses.values(), status):
            os.close(each)
        _run(call, streams)
    statuses[pid] = status
    for stream in streams:
        os.close(stream)
    server.sendall(pid.to_bytes(4, "big"))
    return True


def _run(call: Any, streams: Sequence[int]) -> None:
    """Be the command; never return."""
    module, arguments, folder, environment = call
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    hooks = _strict_hooks(module)
    if hooks is not None and hooks.FORGIVES in environment:
        hooks.forgive_again()
    sys.argv = [module, *arguments]
    paths = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:1] = [folder, *paths]
    _exit(_code_of(module))


def _code_of(module: str) -> int:
    try:
        if module in _CODE:
            exec(sys.argv[1], {"__name__": "__main__"})  # noqa: S102  # of a test
        else:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return (ended.code or 0) & 0xFF
        sys.stderr.write(f"{ended.code}\n")
        return 1
    except KeyboardInterrupt:
        traceback.print_exc()
        sys.stderr.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001  # as the interpreter does
        traceback.print_exc()
        return 1
    return 0


def _exit(code: int) -> None:
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
