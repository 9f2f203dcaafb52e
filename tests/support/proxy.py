"""A TCP proxy in front of the server, which can pull the cable, or be far away."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


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
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

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
