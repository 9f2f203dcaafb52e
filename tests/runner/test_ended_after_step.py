"""The run ends between the commit of a step and the next statement."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import ConnectionLostError, StatementTimeoutError
from tests.support.interruption import cancelled, replaced

TIMING = "current_setting('zdt.timing'"
LOSING = "SELECT pg_terminate_backend(pg_backend_pid())"
ENDS = {
    "cancelled": (
        StatementTimeoutError,
        lambda: cancelled(lambda sent: TIMING in sent),
    ),
    "lost": (ConnectionLostError, lambda: replaced("zdt.timing', true", LOSING)),
}
DONE = """revision: "r1": steps done of the next call: add check constraint "ck" as \
NOT VALID; left: op.create_check_constraint_two_phase"""


@pytest.mark.parametrize("end", list(ENDS))
def test_step_that_the_server_has_committed_counts_as_done(db, project, driver, end):
    """The log keeps the revision as half done, because the CHECK is there."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    project.revision(
        "r1", 'op.create_check_constraint_two_phase("ck", "users", "id > 0")'
    )
    error, ending = ENDS[end]

    with ending() as found, pytest.raises(error) as caught:
        project.upgrade()

    assert found
    assert db.value("SELECT NOT convalidated FROM pg_constraint WHERE conname = 'ck'")
    assert DONE in str(caught.value)
    assert db.column("SELECT direction FROM alembic_zdt_revision") == ["upgrade begun"]
    project.upgrade()
    assert db.is_validated("ck")
    assert db.column("SELECT direction FROM alembic_zdt_revision") == ["upgrade"]
