"""The FastAPI example, with real requests while a migration runs."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from tests.support.waiting import wait_until

APP = Path(__file__).resolve().parents[2] / "examples" / "fastapi_app"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Server:
    """A uvicorn process with the application."""

    def __init__(self, db, log, **variables):
        url = db.url().replace("postgresql+psycopg", "postgresql+asyncpg", 1)
        self.port = free_port()
        options = ["--host", "127.0.0.1", "--port", str(self.port)]
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", "app:app", *options],
                cwd=APP,
                env=os.environ | {"DATABASE_URL": url} | variables,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}")

    def answers(self):
        """Whether its lifespan is through."""
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(httpx.TransportError):
            return self.client.get("/users/0").status_code == 404
        return False

    def stop(self):
        self.client.close()
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def start(db, tmp_path, monkeypatch):
    """Start the application; stopped at the end of the test."""
    monkeypatch.delenv("DATABASE_URL_SYNC", raising=False)
    started = []

    def start(**variables):
        log = tmp_path / f"{len(started)}.txt"
        started.append(Server(db, log, **variables))
        return started[-1]

    yield start
    for server in started:
        server.stop()


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
    said = "".join(server.log.read_text() for server in servers)
    assert "Traceback" not in said
