"""The few endpoints of GitHub and GitLab that a comment needs, on loopback.

They answer as the documentation of the two says.  The real sites are not asked.
https://docs.github.com/en/rest/issues/comments
https://docs.gitlab.com/api/notes/
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

GITHUB = re.compile(r"/repos/team/shop/issues/(?:7/comments|comments/(\d+))")
GITLAB = re.compile(r"/projects/5/merge_requests/7/notes(?:/(\d+))?")
TOKENS = ("Bearer secret", "secret")
BOT, PERSON = 1, 2


class Comments:
    """The comments of one pull request or merge request.

    Attributes:
        bodies: the text of each comment, by its number.
        authors: who wrote it: BOT or PERSON.
        refused: the requests that had no token, or were for something else.
        is_github: whether GitHub answers, and not GitLab.
    """

    is_github = False

    def __init__(self) -> None:
        self.bodies: dict[int, str] = {}
        self.authors: dict[int, int] = {}
        self.refused: list[str] = []

    def add(self, body: str, author: int = PERSON) -> int:
        """Add a comment, and return its number."""
        number = len(self.bodies) + 1
        self.bodies[number], self.authors[number] = body, author
        return number

    def shown(self, number: int) -> dict[str, Any]:
        """A comment as JSON, with the keys of the site."""
        author = self.authors[number]
        kind = "Bot" if author == BOT else "User"
        github = {"user": {"type": kind, "id": author}}
        who = github if self.is_github else {"author": {"id": author}}
        return {"id": number, "body": self.bodies[number], **who}

    def page(self, query: str) -> list[dict[str, Any]]:
        """One page of all comments."""
        given = {key: int(value[0]) for key, value in parse_qs(query).items()}
        size = min(given.get("per_page", 30), 100)
        first = (given.get("page", 1) - 1) * size
        return [self.shown(each) for each in list(self.bodies)[first : first + size]]


class Handler(BaseHTTPRequestHandler):
    """Answers the requests about the comments of its server."""

    server: Any

    @property
    def _comments(self) -> Comments:
        found: Comments = self.server.comments
        return found

    def do_GET(self) -> None:
        self._comments.is_github = self.path.startswith("/repos/")
        parts = urlsplit(self.path)
        is_user = parts.path == "/user"
        self._answer({"id": BOT} if is_user else self._comments.page(parts.query))

    def do_POST(self) -> None:
        number = self._comments.add(self._body(), BOT)
        self._answer(self._comments.shown(number))

    def do_PATCH(self) -> None:
        number = int(self._match()[1])
        self._comments.bodies[number] = self._body()
        self._answer(self._comments.shown(number))

    def do_PUT(self) -> None:
        self.do_PATCH()

    def _match(self) -> Any:
        path = urlsplit(self.path).path
        return GITHUB.fullmatch(path) or GITLAB.fullmatch(path)

    def _body(self) -> str:
        length = int(self.headers["Content-Length"])
        return str(json.loads(self.rfile.read(length))["body"])

    def _answer(self, found: Any) -> None:
        given = self.headers.get("Authorization", self.headers.get("PRIVATE-TOKEN"))
        is_known = self._match() or self.path == "/user"
        if given not in TOKENS or not is_known:
            self._comments.refused.append(f"{self.command} {self.path}")
            self.send_error(404)
            return
        data = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments: Any) -> None:
        """Print nothing."""


@contextmanager
def serving(comments: Comments):
    """Serve the comments, and yield the URL of the API."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.comments = comments
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()
