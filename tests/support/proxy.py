"""A TCP proxy before the server, which can cut the connection or delay it."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import threading
from collections.abc import Iterator

# https://www.kernel.org/doc/html/latest/networking/filter.html
SO_ATTACH_FILTER = 26
RETURN = 0x06


def _go_deaf(each: socket.socket) -> None:
    """Drop each packet before TCP sees it: not even keepalives are answered (Linux)."""
    drop = ctypes.create_string_buffer(struct.pack("HBBI", RETURN, 0, 0, 0))
    program = struct.pack("HP", 1, ctypes.addressof(drop))
    each.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


class Proxy:
    """Passes bytes between its own port and the server until it is cut.

    Args:
        host: of the server.
        port: of the server.
        distance: seconds that whatever is said is under way.
    """

    def __init__(self, host: str, port: int, distance: float = 0.0) -> None:
        self._server = (host, port)
        self._distance = distance
        self._is_cut = threading.Event()
        self._is_pulled = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._listener]
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._sockets += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._is_cut.wait(self._distance)
                if self._is_pulled:
                    return
                target.sendall(data)
            if not self._is_pulled:
                target.shutdown(socket.SHUT_WR)

    def pull(self) -> None:
        """Let neither side hear anything of the other any more, not even its end."""
        self._is_pulled = True
        for each in self._sockets[1:]:
            _go_deaf(each)

    def cut(self) -> None:
        """Drop every connection, and accept no more."""
        self._is_cut.set()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextlib.contextmanager
def proxy_to(host: str, port: int, distance: float = 0.0) -> Iterator[Proxy]:
    """Yield a proxy; it is cut when the block ends."""
    proxy = Proxy(host, port, distance)
    try:
        yield proxy
    finally:
        proxy.cut()
