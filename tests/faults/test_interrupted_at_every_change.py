"""Interrupted anywhere, every directive ends where an undisturbed run ends."""

from __future__ import annotations

import gc

import pytest

from alembic_zdt.errors import ZdtError
from tests.operations.cases import CASES
from tests.support.interruption import COMMIT, Killed, changes_to_interrupt

# A client that is killed closes nothing.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

DRIVERS = ("psycopg", "asyncpg")


def _each(ways, long):
    """Each case in each way with one driver, by turns: both would take twice as long.

    Args:
        ways: what is interrupted: a way, or a way and a moment.
        long: the driver of cases of many changes.
    """
    for number, case in enumerate(CASES):
        for turn, way in enumerate(ways):
            other = DRIVERS[(number + turn + DRIVERS.index(long)) % 2]
            driver = long if case.is_long else other
            yield pytest.param(case, way, driver, id=f"{case.id}-{way}-{driver}")


def _turns(case, way, moment, *, kills):
    """Which changes are interrupted.

    What is written down of a revision is the same for all: the first case looks at it.
    On the way back of a long case client and backend die at every other change; on its
    way up the client dies at each, the backend before one and after the next.
    """
    turns = {"books": case is CASES[0]}
    if case.is_long and way == "downgrade":
        turns |= {"first": 1 if kills else 2, "every": 2}
    elif case.is_long and not kills:
        turns |= {"first": 1 if moment == "before" else 2, "every": 2}
    return turns


@pytest.fixture(autouse=True)
def only_new_garbage():
    """Else each dead client is looked for among all that was ever imported."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def _begin_anew(db, project, case, way):
    """The schema as it is before *way* is run."""
    db.execute(f"DROP SCHEMA {db.schema} CASCADE")
    db.execute(f"CREATE SCHEMA {db.schema}")
    for statement in case.setup:
        db.execute(statement)
    if way == "downgrade":
        project.upgrade("head")


def _run(project, way):
    (project.upgrade if way == "upgrade" else project.downgrade)()


def _undisturbed(db, project, case, way):
    _begin_anew(db, project, case, way)
    _run(project, way)
    return db.catalog(), db.checksums(), project.current


def _is_ours(statement):
    """Behind the others Alembic commits: the error is its own."""
    others = (COMMIT, "RELEASE SAVEPOINT")
    return not statement.startswith(others) and "alembic_version" not in statement


@pytest.mark.parametrize(
    ("case", "way", "driver"), list(_each(("upgrade", "downgrade"), "psycopg"))
)
def test_client_killed_before_any_change(db, project, driver, case, way):
    """A run whose client died before its n-th change is finished by the next one."""
    project.revision("r1", case.upgrade, case.downgrade)
    wanted = _undisturbed(db, project, case, way)

    turns = _turns(case, way, "before", kills=True)
    for interruption in changes_to_interrupt(db, "before", kills=True, **turns):
        _begin_anew(db, project, case, way)
        with interruption as it:
            error = _killed(project, way)
        assert error is None or it.happened
        _run(project, way)

        found = db.catalog(), db.checksums(), project.current
        assert found == wanted, f"killed at change {it.at}: {it.statement}"


@pytest.mark.parametrize(
    ("case", "turn", "driver"),
    list(_each(("before upgrade", "after upgrade", "before downgrade"), "asyncpg")),
)
def test_backend_terminated_at_any_change(db, project, driver, case, turn):
    """A run whose backend was terminated says so, and is finished by the next one."""
    moment, _, way = turn.partition(" ")
    project.revision("r1", case.upgrade, case.downgrade)
    wanted = _undisturbed(db, project, case, way)

    turns = _turns(case, way, moment, kills=False)
    for interruption in changes_to_interrupt(db, moment, kills=False, **turns):
        _begin_anew(db, project, case, way)
        with interruption as it:
            error = _error_of(project, way)
        where = f"{moment} change {it.at}: {it.statement}"
        if it.happened and _is_ours(it.statement):
            assert isinstance(error, ZdtError), f"{where}: {error!r}"
        _run(project, way)

        found = db.catalog(), db.checksums(), project.current
        assert found == wanted, where


def _killed(project, way):
    """How the run ended; the remains of a dead client are swept up in silence."""
    try:
        _run(project, way)
    except (Killed, Exception) as error:  # noqa: BLE001  # whatever unwinding says
        found = repr(error)
    else:
        return None
    gc.collect()
    return found


def _error_of(project, way):
    try:
        _run(project, way)
    except Exception as error:  # noqa: BLE001  # judged by the caller
        return error
    return None
