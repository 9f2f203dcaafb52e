"""The FastAPI example, with real requests while a migration runs."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import shutil
import signal
import threading
from pathlib import Path

import httpx
import pytest

from tests.support.ports import free_port
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "examples" / "fastapi_app"
MIGRATIONS = APP / "migrations"
TEMPLATE = ROOT / "alembic_zdt" / "templates" / "zdt"


class Server:
    """A uvicorn process with the application."""

    def __init__(self, db, forker, folder, **variables):
        url = db.url().replace("postgresql+psycopg", "postgresql+asyncpg", 1)
        self.port = free_port()
        self.forked = forker.start(
            ["app:app", "--host", "127.0.0.1", "--port", str(self.port)],
            folder,
            os.environ | {"DATABASE_URL": url} | variables,
        )
        self.said = ""
        self._end = threading.Thread(target=self._read)
        self._end.start()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}")

    def _read(self):
        """Take its log until it ends, or it would wait for a reader."""
        self.said = "".join(self.forked.communicate(timeout=120))

    def answers(self):
        """Whether its lifespan is through."""
        assert self._end.is_alive(), self.said
        with contextlib.suppress(httpx.TransportError):
            return self.client.get("/users/0").status_code == 404
        return False

    def code(self):
        """Wait for the end; return the exit code."""
        self._end.join(60)
        return self.forked.returncode

    def stop(self, number=signal.SIGTERM):
        self.client.close()
        if self._end.is_alive():
            os.kill(self.forked.pid, number)
        self.code()


@pytest.fixture
def start(db, forkers, monkeypatch):
    """Start the application; stopped at the end of the test."""
    monkeypatch.delenv("DATABASE_URL_SYNC", raising=False)
    started = []

    def start(folder=APP, **variables):
        started.append(Server(db, forkers["uvicorn"], folder, **variables))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def docstrings(source):
    """Return the docstring of each function of a file, and that of the file itself."""
    tree = ast.parse(source)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [ast.get_docstring(tree), {f.name: ast.get_docstring(f) for f in functions}]


def test_migrations_have_the_words_of_the_template():
    """They look like the files that ``alembic-zdt init`` writes."""
    script = (TEMPLATE / "script.py.mako").read_text()
    _, words = docstrings(re.sub(r"\$\{[^}]*\}", "...", script))
    env = docstrings((TEMPLATE / "env.py").read_text())
    revisions = sorted((MIGRATIONS / "versions").glob("*.py"))

    assert (MIGRATIONS / "script.py.mako").read_text() == script
    assert docstrings((MIGRATIONS / "env.py").read_text()) == env
    assert [docstrings(each.read_text())[1] for each in revisions] == [words] * 2


def test_requests_are_answered_while_a_migration_runs(db, start):
    """The second instance waits for a lock; the first one never waits for it."""
    old = start(MIGRATIONS="run")
    wait_until(old.answers, "the first one is up", timeout=30)
    db.execute("UPDATE alembic_version SET version_num = '0001'")
    db.execute("ALTER TABLE users ALTER email DROP NOT NULL")
    db.execute("ALTER TABLE users DROP CONSTRAINT users_email_key")
    made, failed, stopped = [], [], threading.Event()

    def use():
        with httpx.Client(base_url=f"http://127.0.0.1:{old.port}") as client:
            while not stopped.is_set():
                answer = client.post(f"/users/{len(made)}@example.com")
                (made if answer.status_code == 200 else failed).append(answer.text)

    thread = threading.Thread(target=use)
    thread.start()
    try:
        with db.holding("LOCK TABLE users IN ACCESS SHARE MODE"):
            new = start(MIGRATIONS="run")
            db.wait_until(
                "EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
                " AND database = (SELECT oid FROM pg_database"
                " WHERE datname = current_database()))",
                timeout=30,
            )
            before = len(made)
            wait_until(lambda: len(made) > before + 20, "requests are answered")
            new.stop(signal.SIGKILL)  # as Kubernetes does when it takes too long
        new = start(MIGRATIONS="run")
        wait_until(new.answers, "the second one is up", timeout=30)
    finally:
        stopped.set()
        thread.join(20)

    assert failed == []
    assert db.value("SELECT version_num FROM alembic_version") == "0002"
    assert new.client.get(f"/users/{made[-1]}").json() == f"{len(made) - 1}@example.com"
    assert new.client.post("/users/0@example.com").status_code == 500


def test_instances_that_start_together(db, start):
    """One runs the migrations, another one that may waits, a third one only waits."""
    servers = [start(MIGRATIONS=how) for how in ("run", "run", "wait")]

    for server in servers:
        wait_until(server.answers, "it is up", timeout=40)

    assert db.value("SELECT version_num FROM alembic_version") == "0002"
    for server in servers:
        server.stop()
    assert "Traceback" not in "".join(server.said for server in servers)


REVISION = """
import sqlalchemy as sa
from alembic_zdt import op

revision = {0!r}
down_revision = {1!r}

def upgrade():
    op.{2}

def downgrade():
    pass
"""
RENAME = 'rename_column("users", "email", "address")'
CALLS = (
    *(f"{phase}_{RENAME}" for phase in ("expand", "migrate", "contract")),
    'add_column("users", sa.Column("age", sa.Integer()))',
)


def release(folder, calls):
    """The next version: its column has another name, and its revisions follow."""
    shutil.copytree(APP, folder)
    for name in ("app.py", "models.py"):
        text = (folder / name).read_text().replace("    email:", "    address:")
        text = text.replace("email=email", "address=email").replace(
            ".email", ".address"
        )
        (folder / name).write_text(text)
    for number, call in enumerate(calls, 3):
        text = REVISION.format(f"000{number}", f"000{number - 1}", call)
        (folder / "migrations" / "versions" / f"000{number}_.py").write_text(text)
    return folder


def test_two_versions_and_a_late_contract(db, start, tmp_path, forkers):
    """Old and new instances answer together; the one after them waits its turn."""
    second, third = (
        release(tmp_path / name, calls)
        for name, calls in (("second", CALLS[:3]), ("third", CALLS))
    )
    old = start(MIGRATIONS="run")
    wait_until(old.answers, "the old code is up", timeout=30)
    new = start(second, MIGRATIONS="run")
    wait_until(new.answers, "the new code is up", timeout=30)
    assert db.value("SELECT version_num FROM alembic_version") == "0004"
    for writer, reader in ((old, new), (new, old)):
        number = writer.client.post(f"/users/{writer.port}@example.com").json()
        read = reader.client.get(f"/users/{number}").json()
        assert read == f"{writer.port}@example.com"

    late = start(third, MIGRATIONS="run")
    assert late.code() != 0
    assert "comes after contract" in late.said
    assert new.answers()

    old.stop()
    finish = ("upgrade", "--after-deploy")
    environment = os.environ | {"DATABASE_URL": db.url()}
    done = forkers["alembic_zdt"].start(finish, second, environment)
    said = done.communicate()
    assert done.poll() == 0, said
    following = start(third, MIGRATIONS="run")
    wait_until(following.answers, "the third version is up", timeout=30)
    assert db.value("SELECT version_num FROM alembic_version") == "0006"
