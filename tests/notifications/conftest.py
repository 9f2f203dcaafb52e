"""A chat tool on loopback that keeps what is posted to it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Chat:
    """A real HTTP server.

    Attributes:
        texts: the texts that it has accepted.
        bodies: every JSON that was posted, accepted or not.
        answers: the statuses of the next answers; 200 when there is none left.
        is_open: while it is not set, no post is answered.
    """

    def __init__(self):
        self.texts, self.bodies, self.answers = [], [], []
        self.is_open = threading.Event()
        self.is_open.set()
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/json"
                status = chat.take(json.loads(body))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_args):
                """Keep the output of the tests clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/T0KEN"

    def take(self, body):
        self.bodies.append(body)
        self.is_open.wait(20)
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.texts.append(body["text"])
        return status


@pytest.fixture
def chat(project):
    found = Chat()
    found.thread.start()
    yield found
    found.is_open.set()
    found.server.shutdown()
    found.server.server_close()
    found.thread.join()


@pytest.fixture
def users(db, project, chat):
    """A revision that needs a strong lock, and a project that posts."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)")
    project.revision("r1", 'op.drop_not_null("users", "email")')
    project.settings(notify_url=chat.url)
