"""Interrupted anywhere, every directive ends where an undisturbed run ends.

``make test`` interrupts each kind of change once, in whichever case has it first:
before it with a client that dies, and before it with a backend that is terminated.
Its kind is the statement without names and values, for a client that dies
also that of the change before.  A test that is run alone interrupts each kind that its
case has.
``make test-matrix`` interrupts every change of every case, with a terminated backend
behind it, too: what is there then is what a client finds before the next change.
"""

from __future__ import annotations

import gc

import pytest

from alembic_zdt.errors import ZdtError
from tests.operations.cases import CASES
from tests.support.choice import DRIVERS, FULL
from tests.support.interruption import COMMIT, Killed, changes_to_interrupt

# A client that is killed closes nothing.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def _each(ways, first):
    """Each case in each way with one driver, by turns: both would take twice as long.

    Args:
        ways: what is interrupted: a way, or a way and a moment.
        first: the driver of the first.
    """
    for number, case in enumerate(CASES):
        for turn, way in enumerate(ways):
            driver = DRIVERS[(number + turn + DRIVERS.index(first)) % 2]
            yield pytest.param(case, way, driver, id=f"{case.id}-{way}-{driver}")


@pytest.fixture
def each_change(db, claims):
    """Interruptions of the changes of a case that no other case has interrupted.

    What is written down of a revision is the same for all: the first case looks at it.
    """

    def each(case, moment, *, kills):
        def is_new(kind, _nth):
            return claims.take(moment, str(kills), kind)

        books = case is CASES[0]
        return changes_to_interrupt(
            db, moment, kills=kills, books=books, is_new=None if FULL else is_new
        )

    return each


@pytest.fixture(scope="module", autouse=True)
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


def _end(db, project):
    return db.catalog(), db.checksums(), project.current


def _assert_all_end_alike(ends):
    """The last run was undisturbed."""
    *interrupted, (_, wanted) = ends
    for where, found in interrupted:
        assert found == wanted, where


def _is_ours(statement):
    """Behind the others Alembic commits: the error is its own."""
    others = (COMMIT, "RELEASE SAVEPOINT")
    return not statement.startswith(others) and "alembic_version" not in statement


@pytest.mark.parametrize(
    ("case", "way", "driver"), list(_each(("upgrade", "downgrade"), "psycopg"))
)
def test_client_killed_before_any_change(db, project, each_change, driver, case, way):
    """A run whose client died before its n-th change is finished by the next one."""
    project.revision("r1", case.upgrade, case.downgrade)
    ends = []

    for interruption in each_change(case, "before", kills=True):
        _begin_anew(db, project, case, way)
        with interruption as it:
            error = _killed(project, way)
        assert error is None or it.happened
        where = "undisturbed"
        if it.happened:
            where = f"killed at change {it.number}: {it.statement}"
            _run(project, way)
        ends.append((where, _end(db, project)))

    _assert_all_end_alike(ends)


TURNS = ("before upgrade", *(["after upgrade"] if FULL else []), "before downgrade")


@pytest.mark.parametrize(("case", "turn", "driver"), list(_each(TURNS, "asyncpg")))
def test_backend_terminated_at_any_change(db, project, each_change, driver, case, turn):
    """A run whose backend was terminated says so, and is finished by the next one."""
    moment, _, way = turn.partition(" ")
    project.revision("r1", case.upgrade, case.downgrade)
    ends = []

    for interruption in each_change(case, moment, kills=False):
        _begin_anew(db, project, case, way)
        with interruption as it:
            error = _error_of(project, way)
        where = "undisturbed"
        if it.happened:
            where = f"{moment} change {it.number}: {it.statement}"
            if _is_ours(it.statement):
                assert isinstance(error, ZdtError), f"{where}: {error!r}"
            _run(project, way)
        else:
            assert error is None
        ends.append((where, _end(db, project)))

    _assert_all_end_alike(ends)


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
