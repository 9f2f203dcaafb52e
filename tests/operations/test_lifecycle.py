"""Every directive: up, down without a trace, and up again to the same end."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import UndefinedObjectError
from tests.operations.cases import CASES

every_case = pytest.mark.parametrize("case", [pytest.param(c, id=c.id) for c in CASES])


@pytest.mark.drivers_by_turns
@every_case
def test_up_down_up(db, project, driver, case):
    """The upgrade holds, the downgrade leaves no trace, the upgrade can be repeated.

    Each case is run by one driver; an interrupted one is run by both elsewhere.
    """
    for statement in case.setup:
        db.execute(statement)
    before = db.catalog()
    project.revision("r1", case.upgrade, case.downgrade)

    project.upgrade("head")
    assert db.value(f"SELECT {case.holds}") is True
    after = db.catalog()

    project.downgrade("base")
    if case.traceless:
        assert db.catalog() == before

    if "contract_drop" in case.upgrade and not case.traceless:
        with pytest.raises(UndefinedObjectError):  # the downgrade makes nothing
            project.upgrade("head")
        return
    project.upgrade("head")
    assert db.catalog() == after
