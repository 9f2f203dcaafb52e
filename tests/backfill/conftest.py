"""Backfills that wait for workers."""

from __future__ import annotations

import pytest

from tests.backfill.queues import GATE, queue


@pytest.fixture
def queued(db, project, monkeypatch):
    """A backfill of some thousand rows that nobody has begun, in its folder."""
    monkeypatch.chdir(project.folder)
    return queue(db, project)


@pytest.fixture
def held(db, project, monkeypatch):
    """The same; each worker waits after its first batch until there is a table gate."""
    project.write("zdt_gate.py", GATE)
    monkeypatch.syspath_prepend(project.folder)
    return queue(db, project, ', throttle="zdt_gate:rest"')
