"""Serve the page of the board on loopback, to this machine alone.

A page of another site must not read it through the browser of its user, so a request
must name loopback itself, and not a name that the other site can move there.
https://docs.python.org/3/library/http.server.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from alembic_zdt.board import board_page
from alembic_zdt.board.board_state import BoardState
from alembic_zdt.errors import UsageError

HOST = "127.0.0.1"
_NAMES = frozenset({HOST, "localhost"})
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HTML, _CSS = "text/html; charset=utf-8", "text/css; charset=utf-8"
_FRESH = 2.0
_PATIENCE = 10.0
_TIMEOUT = 10.0
_LISTEN = 1.0
_NO_ANSWER = ("the databases have not answered yet",)

Ask = Callable[[], BoardState]
Say = Callable[[str], None]


class Board:
    """The newest state, which one thread reads from the databases when it is wanted.

    Alembic's globals allow one env.py at a time, and the page is not always open.

    Args:
        ask: a function that asks the databases.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._changed = threading.Condition()
        self._state: BoardState | None = None
        self._asked_at = float("-inf")
        self._is_wanted = False

    def newest(self) -> BoardState:
        """Return a state that is fresh, or the last one if the databases are slow."""
        since = time.monotonic() - _FRESH
        with self._changed:
            if self._asked_at < since:
                self._is_wanted = True
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._asked_at >= since, _PATIENCE)
            if self._state is None:
                return BoardState(datetime.now(UTC), faults=_NO_ANSWER)
            return self._state if self._asked_at >= since else _outdated(self._state)

    def work(self) -> None:
        """Ask the databases each time a state is wanted, until an interruption."""
        while True:
            with self._changed:
                # Not for ever: on some systems Ctrl-C does not end a wait.
                if not self._changed.wait_for(lambda: self._is_wanted, _LISTEN):
                    continue
                self._is_wanted = False
            began = time.monotonic()
            found = self._ask()
            with self._changed:
                self._state, self._asked_at = found, began
                self._changed.notify_all()


def _outdated(state: BoardState) -> BoardState:
    when = f"{state.at:%Y-%m-%d %H:%M:%S} UTC"
    fault = f"the databases have not answered since {when}"
    return replace(state, faults=(fault, *state.faults))


@contextmanager
def serving(board: Board, port: int, say: Say) -> Iterator[str]:
    """Serve the page while the body runs, and yield its URL.

    Args:
        board: the states to show.
        port: the port, 0 for any free one.
        say: a function that gets the text of an error in an answer.

    Raises:
        UsageError: the port is in use.
    """
    handler = type("BoardHandler", (_Handler,), {"board": board, "say": say})
    try:
        server = _Server((HOST, port), handler)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"cannot listen on port {port} of {HOST}",
            detail=f"The system reported: {error}.",
            hint="Pass the number of a free port, or --port 0 for any.",
        ) from error
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing: a browser may leave before its answer is complete."""


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD for the page and its style sheet."""

    board: Board
    say: Say
    server_version, sys_version = "alembic-zdt", ""
    timeout = _TIMEOUT

    def parse_request(self) -> bool:
        """Refuse each method that could change something."""
        is_understood = super().parse_request()
        if is_understood and self.command not in {"GET", "HEAD"}:
            self.close_connection = True  # a body may follow
            self._answer(HTTPStatus.METHOD_NOT_ALLOWED)
            return False
        return is_understood

    def do_GET(self) -> None:
        """Answer with the page or its style sheet."""
        if not self._is_for_loopback():
            self._answer(HTTPStatus.MISDIRECTED_REQUEST)
            return
        path = self.path.partition("?")[0]
        if path == "/":
            self._answer_page()
        elif path == "/board.css":
            self._answer(HTTPStatus.OK, board_page.file_text("board.css"), _CSS)
        else:
            self._answer(HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET  # noqa: N815  # as above

    def _answer_page(self) -> None:
        try:
            page, status = board_page.page_of(self.board.newest()), HTTPStatus.OK
        except Exception as error:  # noqa: BLE001  # the browser must ask again
            type(self).say(f"the page could not be written: {error!r}")
            page, status = board_page.page_of_fault(), HTTPStatus.INTERNAL_SERVER_ERROR
        self._answer(status, page, _HTML)

    def _is_for_loopback(self) -> bool:
        """Check whether the only Host names loopback, with any port.

        A tunnel may have another port at its other end.
        """
        hosts = self.headers.get_all("Host", [])
        name, _, port = hosts[0].partition(":") if len(hosts) == 1 else ("", "", "")
        return name.lower() in _NAMES and (not port or port.isdecimal())

    def _answer(
        self, status: HTTPStatus, text: str = "", kind: str = "text/plain"
    ) -> None:
        body = (text or status.phrase).encode()
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing: a request holds text of another program."""
