"""Tables, and a project in its folder."""

from __future__ import annotations

import pytest

from tests.queueing.queued import Queued


@pytest.fixture
def orders(db, project, monkeypatch):
    """Two tables with a few rows, and a project whose commands run in its folder."""
    monkeypatch.chdir(project.folder)
    for table in ("orders", "users"):
        db.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, user_id int, n int)")
        db.execute(f"INSERT INTO {table} SELECT g, g, 1 FROM generate_series(1, 99) g")
    # Other tests of the server may run calls, too.
    ini = project.ini.read_text()
    project.ini.write_text(f"{ini}\n[alembic_zdt]\nqueue_per_server = 50\n")
    return Queued(db, project)
