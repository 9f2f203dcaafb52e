"""Start ``alembic`` and ``alembic-zdt`` in milliseconds instead of a second.

A process imports each program once and forks for every call.  What stands on the path
is a small client that hands over its arguments, folder, environment and streams, so
pipes and redirections of a shell work as with the real program.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = {"alembic": "alembic.config", "alembic-zdt": "alembic_zdt.cli"}
"""Name -> the module with its ``main``."""
BEFOREHAND = ("psycopg", "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.orm")
"""What the programs would import by and by, beside the package itself."""
LOST = 70

CLIENT = """\
#!/bin/sh
exec "{python}" -IS -c '
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect("{address}")
    call = json.dumps([["{name}", *sys.argv[1:]], os.getcwd(), dict(os.environ)])
    socket.send_fds(server, [call.encode() + bytes([10])], [0, 1, 2])
    sys.exit(int(server.makefile().read() or {lost}))
' "$@"
"""


@contextmanager
def warm_programs() -> Iterator[Path]:
    """Start the processes; yield the folder to put first on the path."""
    folder = Path(tempfile.mkdtemp(prefix="zdt"))  # an address has 107 bytes at most
    servers = [_start(folder, name) for name in PROGRAMS]
    try:
        for server in servers:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
        yield folder
    finally:
        for server in servers:
            server.terminate()
            server.communicate()
        shutil.rmtree(folder)


def _start(folder: Path, name: str) -> subprocess.Popen[bytes]:
    address = folder / f"{name}.socket"
    client = folder / name
    client.write_text(
        CLIENT.format(python=sys.executable, address=address, name=name, lost=LOST)
    )
    client.chmod(0o755)
    return subprocess.Popen(
        [sys.executable, "-P", __file__, name, str(address)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )


def serve(name: str, address: str) -> None:
    """Fork for each call, until this process is ended."""
    module = PROGRAMS[name]
    for each in (module, *BEFOREHAND, *_modules("alembic_zdt")):
        importlib.import_module(each)
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        os.write(1, b"ready\n")
        while True:
            call, _ = listener.accept()
            if os.fork() == 0:
                _answer(call, module)
            call.close()
            _bury()


def _modules(package: str) -> Iterator[str]:
    """All modules of it, but the one that is a program."""
    path = importlib.import_module(package).__path__
    for found in pkgutil.walk_packages(path, f"{package}."):
        if not found.name.endswith("__main__"):
            yield found.name


def _bury() -> None:
    """Wait for those that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _answer(call: socket.socket, module: str) -> None:
    """Be the program, in a process of its own, and send its exit code."""
    text, streams, _, _ = socket.recv_fds(call, 1 << 20, 3)
    while not text.endswith(b"\n"):
        text += call.recv(1 << 20)
    arguments, folder, environment = json.loads(text)
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = arguments
    code = _run(module)
    sys.stdout.flush()
    sys.stderr.flush()
    call.sendall(str(code).encode())
    os._exit(0)


def _run(module: str) -> int:
    try:
        importlib.import_module(module).main(sys.argv[1:])
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  # whatever it is, the caller sees it
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    serve(*sys.argv[1:])
