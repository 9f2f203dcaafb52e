"""A port of this machine for a server that a test starts."""

from __future__ import annotations

import socket


def free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
