"""The board of a project, served by a process of its own."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.ports import free_port
from tests.support.project import Project, Running
from tests.support.waiting import wait_until


@dataclass(frozen=True)
class Answer:
    """The answer to a request."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class ServedBoard:
    """A board that runs."""

    running: Running
    port: int

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.port}/"

    def ask(
        self, path: str = "/", method: str = "GET", host: str | None = None
    ) -> Answer:
        """Send a request, and return the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {} if host is None else {"Host": host}
        try:
            connection.request(method, path, headers=headers)
            found = connection.getresponse()
            return Answer(found.status, dict(found.headers), found.read().decode())
        finally:
            connection.close()

    @property
    def page(self) -> str:
        """The HTML of the page."""
        found = self.ask()
        assert found.status == http.HTTPStatus.OK, found
        return found.text

    def wait_for(self, text: str, *, absent: bool = False) -> str:
        """Ask until the page has a text, or has it no more; return the page."""
        pages: list[str] = []

        def is_there() -> bool:
            pages.append(self.page)
            return (text in pages[-1]) is not absent

        wait_until(is_there, f"the page has {text!r}", timeout=60)
        return pages[-1]

    def is_up(self) -> bool:
        """Whether it answers, and has asked the databases once."""
        assert self.running.is_running, self.running.said
        try:
            return "the databases have not answered" not in self.page
        except ConnectionRefusedError:
            return False


@contextmanager
def served_board(project: Project) -> Iterator[ServedBoard]:
    """Serve the board of a project while the body runs."""
    port = free_port()
    running = project.start("board", "--port", str(port), module="alembic_zdt")
    board = ServedBoard(running, port)
    try:
        wait_until(board.is_up, "the board answers", timeout=60)
        yield board
    finally:
        if running.is_running:
            running.kill()
