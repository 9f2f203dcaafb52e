"""Bad input: the whole message, nothing changed, and the corrected run works."""

from __future__ import annotations

import pytest

from tests.operations.refusals.bad_input import SHOP
from tests.operations.refusals.data import DATA
from tests.operations.refusals.existing import EXISTING
from tests.operations.refusals.lacking import LACKING
from tests.operations.refusals.needed import NEEDED
from tests.operations.refusals.undefined import UNDEFINED
from tests.operations.refusals.unfit import UNFIT
from tests.operations.refusals.unknown import UNKNOWN
from tests.operations.refusals.unnamed import UNNAMED
from tests.support.messages import without_revision

ALL = (*UNDEFINED, *LACKING, *DATA, *EXISTING, *NEEDED, *UNFIT, *UNKNOWN, *UNNAMED)
ONE_PER_CLASS = tuple({bad.error: bad for bad in ALL}.values())


def parametrized(cases):
    return pytest.mark.parametrize("bad", [pytest.param(c, id=c.id) for c in cases])


def prepare(db, project, bad):
    for statement in (*SHOP, *bad.setup):
        db.execute(statement)
    project.revision("r1", bad.call)


def rows(db):
    return db.value("SELECT count(*)::text || sum(hashtext(u::text)) FROM users u")


@parametrized(ALL)
def test_message_and_nothing_changed_and_the_corrected_run_works(db, project, bad):
    """It says what is wrong, leaves everything as it was, and can be put right."""
    prepare(db, project, bad)
    before = db.catalog(), rows(db)

    with pytest.raises(bad.error) as caught:
        project.upgrade()

    assert without_revision(str(caught.value)) == bad.message(db.schema)
    assert caught.value.revision == "r1"
    assert caught.value.done == []
    assert type(caught.value) is bad.error
    assert (db.catalog(), rows(db)) == before
    assert project.current == []

    for statement in bad.cure:
        db.execute(statement)
    if bad.instead:
        project.revision("r1", bad.instead)
    project.upgrade()
    assert project.current == ["r1"]


@pytest.mark.parametrize("driver", ["asyncpg"], indirect=True)
@parametrized((*DATA, *EXISTING, *NEEDED))
def test_asyncpg_says_the_same(db, project, driver, bad):
    """What the server says is read from either driver."""
    prepare(db, project, bad)

    with pytest.raises(bad.error) as caught:
        project.upgrade()

    assert without_revision(str(caught.value)) == bad.message(db.schema)


@parametrized(ONE_PER_CLASS)
def test_command_line_prints_one_failure_and_exits_with_255(db, project, bad):
    """``alembic upgrade`` shows no traceback."""
    prepare(db, project, bad)

    done = project.cli("upgrade", "head")

    message = bad.message(db.schema).rpartition("\n")[0]
    assert done.rc == 255
    assert done.output.count("FAILED:") == 1
    assert "Traceback" not in done.output
    assert " ".join(f"FAILED: {message}".split()) in " ".join(done.output.split())
