"""The board answers on loopback, shows what goes on, and changes nothing."""

from __future__ import annotations

import socket
import struct
from contextlib import closing
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from sqlalchemy import make_url

from alembic_zdt.board.board_server import serving
from tests.support.boards import served_board
from tests.support.proxy import proxy_to
from tests.support.workflows import renaming

NAME = "<script>alert('x')</script> & \"fill\""
READER = "SELECT email FROM users WHERE email = 'personal data'"
HOLD = "LOCK TABLE users"


@pytest.fixture
def half_way(db, project):
    """A window is open, a backfill waits, two revisions are pending."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("CREATE TABLE b (id int PRIMARY KEY, n int)")
    expand, migrate, contract = renaming("users", "email", "mail").splitlines()
    project.revision("r1", expand)
    call = f'op.backfill("b", {{"n": "id"}}, mode="background", name={NAME!r})'
    project.revision("r2", call)
    project.upgrade()
    project.revision("r3", migrate)
    project.revision("r4", contract)
    return project


@pytest.mark.parametrize("shown", [True, False])
def test_page_shows_windows_backfills_and_blockers(db, half_way, shown):
    """As they are when it is asked; queries only where they may be shown."""
    half_way.settings(show_queries=str(shown).lower())
    with served_board(half_way) as board:
        page = board.page
        assert f"<h2>Database {db.database}</h2>" in page
        assert "At revision r2." in page
        assert "<td>r3</td><td>migrate</td>" in page
        assert "<td>email and mail</td>" in page
        assert "not yet proven equal" in page
        assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &#34;fill" in page
        assert "<script" not in page
        assert "No session waits for a lock." in page

        with db.holding(HOLD) as holder, db.background(READER) as job:
            job.wait_until_blocked()
            page = board.wait_for(f"pid {job.pid}")
            assert f"<p>pid {holder.pid}, idle in transaction, zdt-test" in page
            assert ("personal data" in page) is shown
            assert (HOLD in page) is shown
        board.wait_for("No session waits for a lock.")


def test_only_get_and_head_of_loopback_are_answered(project):
    with served_board(project) as board:
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X"):
            found = board.ask(method=method)
            assert (found.status, found.headers["Allow"]) == (405, "GET, HEAD")
        head = board.ask(method="HEAD")
        assert (head.status, head.text) == (200, "")
        assert int(head.headers["Content-Length"]) > 100
        for path in (
            "/board.mako",
            "/../pyproject.toml",
            "/favicon.ico",
        ):
            assert board.ask(path).status == 404
        good = ("localhost", "LOCALHOST:1", f"127.0.0.1:{board.port}")
        bad = ("", "shop.example.com", "127.0.0.1.example.com", "127.0.0.1:x", "[::1")
        assert {board.ask(host=each).status for each in good} == {200}
        for host in bad:
            found = board.ask(host=host)
            assert (found.status, found.text) == (421, "Misdirected Request")
        twice = b"GET / HTTP/1.0\r\nHost: localhost\r\nHost: shop.example.com\r\n\r\n"
        assert raw_status(board.port, twice) == 421
        assert raw_status(board.port, b"GET / HTTP/1.0\r\n\r\n") == 421
        no_url = b"GET http://[ HTTP/1.0\r\nHost: localhost\r\n\r\n"
        assert raw_status(board.port, no_url) == 404


def raw_status(port, request):
    with closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as found:
        found.sendall(request)
        return int(found.makefile("rb").readline().split()[1])


def test_browser_is_told_to_trust_the_page_alone(project):
    with served_board(project) as board:
        headers = board.ask().headers

        policy = dict(
            each.strip().split(" ", 1)
            for each in headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["style-src"] == "'self'"
        assert "script-src" not in policy
        assert policy["frame-ancestors"] == "'none'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"].strip() == "alembic-zdt"
        assert "Access-Control-Allow-Origin" not in headers
        # It listens on this one address alone.
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", board.port))


def test_password_of_a_server_that_is_gone_is_not_shown(db, project):
    url = "postgresql+psycopg://me:topsecret@127.0.0.1:1/none"
    text = project.ini.read_text().replace(db.url("psycopg"), url)
    project.write(project.ini, text)
    with served_board(project) as board:
        page = board.page
        assert "the database could not be asked: OperationalError" in page
        board.running.interrupt()
        assert "topsecret" not in page + board.running.said


def test_hanging_server_is_told_and_a_signal_ends_the_board(db, project):
    """Also while the databases are asked, and a browser has left meanwhile."""
    url = make_url(db.url())
    with proxy_to(url.host, url.port) as proxy:
        through = url.set(port=proxy.port).render_as_string(hide_password=False)
        text = project.ini.read_text()
        project.write(project.ini, text.replace(db.url(), through.replace("%", "%%")))
        with served_board(project) as board:
            board.wait_for("At revision base.")
            proxy.pull()
            leave(board.port)
            page = board.wait_for("the databases have not answered since ")
            assert "At revision base." in page

            board.running.interrupt()
            found = board.running.wait()

    assert (found.rc, "board: interrupted by SIGINT" in found.output) == (130, True)
    assert "Traceback" not in found.output


def leave(port):
    """Ask for the page, and be gone before the answer."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as left:
        left.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        left.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")


def test_page_that_cannot_be_written_asks_again():
    class Broken:
        def newest(self):
            raise RuntimeError("personal data")

    said = []
    with serving(Broken(), 0, said.append) as url, pytest.raises(HTTPError) as failed:
        urlopen(url, timeout=60)  # noqa: S310  # of loopback

    text = failed.value.read().decode()
    assert failed.value.code == 500
    assert 'http-equiv="refresh"' in text
    assert "personal data" not in text
    assert "personal data" in said[0]


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_signal_ends_it(project, name, code):
    with served_board(project) as board:
        {"SIGINT": board.running.interrupt, "SIGTERM": board.running.terminate}[name]()
        found = board.running.wait()

    assert (found.rc, f"board: interrupted by {name}" in found.output) == (code, True)
    assert f"board: {board.url} (Ctrl-C ends it)\n" in found.stdout
    assert "Traceback" not in found.output
    assert "Run the same command again" not in found.output


def test_port_in_use_is_named(project):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        found = project.cli("board", "--port", port, module="alembic_zdt")

    assert found.rc == 255
    assert f"cannot listen on port {port} of 127.0.0.1" in found.output
    found = project.cli("board", "--port", "70000", module="alembic_zdt")
    assert "cannot listen on port 70000" in found.output
