"""Interrupted anywhere, every directive ends where an undisturbed run ends.

``make test`` interrupts each kind of change once, in whichever case has it first:
behind it with a client that dies, and before it with a backend that is terminated.
Its kind is the statement without names and values.  A test that is run alone
interrupts each kind that its case has.
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


EVERY = (("before", True), ("before", False), ("after", False))
"""When a change is interrupted, and whether the client dies."""


def _each():
    """Each case in each way with a driver, by turns: both would take twice as long."""
    for number, case in enumerate(CASES):
        for turn, way in enumerate(("upgrade", "downgrade")):
            driver = DRIVERS[(number + turn) % 2]
            yield pytest.param(case, way, driver, id=f"{case.id}-{way}-{driver}")


@pytest.fixture
def each_change(db, claims):
    """Interruptions of the changes of a case that no other case has interrupted.

    What is written down of a revision is the same for all: the first case looks at it.
    """

    def new(how):
        return lambda kind, _nth: claims.take(how, kind)

    def each(case):
        books = case is CASES[0]
        if FULL:
            for moment, kills in EVERY:
                yield from changes_to_interrupt(db, moment, kills=kills, books=books)
        else:
            news = {"is_new": new("client"), "ends": new("backend")}
            yield from changes_to_interrupt(
                db, "before", kills=True, books=books, **news
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


@pytest.mark.parametrize(("case", "way", "driver"), list(_each()))
def test_interrupted_before_any_change(db, project, each_change, driver, case, way):
    """A run whose client or backend ended is finished by the next one.

    A client that is alive gets an error that says so.
    """
    project.revision("r1", case.upgrade, case.downgrade)
    ends = []

    for interruption in each_change(case):
        _begin_anew(db, project, case, way)
        with interruption as it:
            error = _error_of(project, way)
        where = "undisturbed"
        if it.happened:
            where = f"{it.moment} change {it.number}, {it.kills=}: {it.statement}"
            if not it.kills and _is_ours(it.statement):
                assert isinstance(error, ZdtError), f"{where}: {error!r}"
            del error
            gc.collect()  # the remains of a dead client, in silence
            _run(project, way)
        else:
            assert error is None
        ends.append((where, _end(db, project)))

    _assert_all_end_alike(ends)


def _error_of(project, way):
    try:
        _run(project, way)
    except (Killed, Exception) as error:  # noqa: BLE001  # whatever unwinding says
        return error
    return None
