"""One quick round of ``make stress``, so that the tool cannot rot."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.stress import commands
from tests.stress.judging import FaultError
from tests.stress.plans import plan_of
from tests.stress.rounds import Round
from tests.stress.workflows import WORKFLOWS
from tests.support.forking import Forker
from tools.postgres import Server

SEED = 5


class Quick(Round):
    """One release without detours, whose judge is asked about a changed row, too."""

    _tries = 1

    def _chance(self, share: float) -> bool:
        return False

    def _end(self) -> None:
        self._db.execute("UPDATE users SET mail = mail || '?', seq = 0 WHERE id = 1")
        with pytest.raises(FaultError, match=r"new code reads '.*\?' in mail of row 1"):
            super()._end()
        self._db.execute("UPDATE users SET mail = rtrim(mail, '?') WHERE id = 1")
        super()._end()


def test_a_round_finds_no_fault_but_a_row_that_was_changed(
    cluster: Server,
    forkers: dict[str, Forker],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is interrupted at changes alone, so that it is the same each time."""
    monkeypatch.setattr(commands, "HOW", commands.AT_A_CHANGE)
    plan = dataclasses.replace(
        plan_of(SEED),
        major=cluster.version,
        workflows=tuple(each for each in WORKFLOWS if each.name == "rename-column"),
        triggers=("version", "audit"),
        rows=20,
    )
    found = Quick(plan, cluster, tmp_path, forkers)

    found.run()

    assert found.commands
    assert found.commands.happened
    assert {name.split("-")[0] for name in found.ledger.statements} == {"old", "new"}
