"""The results of a rehearsal, as a run would have made them."""

from __future__ import annotations

from datetime import UTC, datetime

from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.phases import Phase
from alembic_zdt.rehearsal.disk_use import DiskUse
from alembic_zdt.rehearsal.outcome import (
    Circumstances,
    RehearsalOutcome,
    RevisionOutcome,
)
from alembic_zdt.steps import SkipCondition, Step
from alembic_zdt.tracing.stalls import Stall
from alembic_zdt.tracing.traced_statement import SeenLock, TracedStatement
from alembic_zdt.tracing.traffic import Answer

TABLE = QualifiedName("or<b>ders", "public")
OWN = QualifiedName("alembic_version", "public")
BEGAN = 100.0


def lock(mode=LockMode.SHARE, table=TABLE, since=1.0, held=0.5, queued=0.0):
    return SeenLock(table, mode, table, queued, held, BEGAN + since)


def statement(sql="CREATE INDEX ix ON orders (state)", step=None, **values):
    locks = values.pop("locks", [lock()])
    return TracedStatement(
        sql, 1, step, BEGAN + 1, values.pop("took", 0.5), locks, locks, **values
    )


def step(purpose="build the index", *locks):
    never = SkipCondition("SELECT false", "it is done")
    return Step(purpose, ("SELECT 1",), locks, never)


def answer(at, took, error="", code=""):
    failure = ValueError(f"{error}\nLINE 1") if error else None
    return Answer("read public.orders", at, took, failure, code)


def revision(statements=(), answers=(), **values):
    found = list(statements)
    fields = {
        "way": "upgrade",
        "began": 0.8,
        "took": 1.2,
        "traffic_began": BEGAN,
        "stalls": [],
        "undeclared": [],
        "tables": {TABLE},
        "own_tables": {OWN.name},
        "disk_use": DiskUse(3_000_000, -8192, 12),
        "error": "",
    }
    return RevisionOutcome(
        "ae10",
        Phase.EXPAND,
        statements=found,
        answers=answers,
        **fields | values,
    )


def outcome(*revisions):
    around = Circumstances(
        "ae10 to ae20", datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "18.6", 0.2
    )
    return RehearsalOutcome(around, revisions, {TABLE.sql: 20000})


def with_a_stall():
    """Return a rehearsal with a stall, errors of the application and a quiet step."""
    build = statement()
    slow = [answer(n / 20, 0.002 + 0.3 * (20 < n < 25)) for n in range(40)]
    wrong = [answer(1.1, 0.01, "column <i>state</i> does not exist") for _ in range(2)]
    quiet = statement("SELECT 1", step("look <at> it"), locks=[lock(queued=0.1)])
    return outcome(
        revision([build], [*slow, *wrong], stalls=[Stall(build, lock(), read=TABLE)]),
        revision([quiet], slow[:20]),
    )
