"""The connection goes away: one FAILED: of our tree, wherever the directive stands."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.engine import make_url

from alembic_zdt.errors import ConnectionLostError
from tests.support.background import upgrading
from tests.support.door import backend_in_the_door, door_held
from tests.support.interruption import end_backend
from tests.support.messages import error_page
from tests.support.proxy import proxy_to

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text)"
CALL = 'op.create_index_concurrently("ix", "users", ["email"])'
PLACES = {
    "alone": CALL,
    "autocommit-block": f"with op.get_context().autocommit_block():\n    {CALL}",
    "after-stock": f'op.execute("CREATE TABLE IF NOT EXISTS other (id int)")\n{CALL}',
}
BUILDING = "CREATE INDEX CONCURRENTLY ix"
SAID = {
    "psycopg": "terminating connection due to administrator command",
    "asyncpg": "connection was closed in the middle of operation: terminating "
    "connection due to administrator command",
}
PAGE = error_page("connection-lost")
LOST = """\
lost the connection to the server: could not build index "ix"
detail: The driver reported: {said}. The server may still be running the step. The \
next run repairs what the step left unfinished.
hint: When the server is reachable, run the same command again; finished steps are \
skipped.
revision: "r1": nothing is done yet; left: \
op.create_index_concurrently('ix', 'users', ['email']). \
Run the same command again to continue.
docs: {docs}"""


@pytest.mark.parametrize("per_migration", [False, True], ids=["one", "each"])
@pytest.mark.parametrize("place", list(PLACES))
def test_terminated_backend_is_one_error(db, project, driver, place, per_migration):
    """Neither Alembic's clean-up nor the user's block replaces the error."""
    db.execute(USERS)
    project.configure(transaction_per_migration=per_migration)
    project.revision("r0")
    project.revision("r1", PLACES[place])
    with upgrading(project) as upgrade, door_held(db, "users"):
        upgrade.begin()
        end_backend(db, backend_in_the_door(db, BUILDING, upgrade))

    assert isinstance(upgrade.error, ConnectionLostError)
    assert str(upgrade.error) == LOST.format(said=SAID[driver], docs=PAGE)


def test_command_line_prints_one_line(db, project, driver):
    """FAILED:, exit code 255, no traceback."""
    db.execute(USERS)
    project.revision("r1", CALL)
    with door_held(db, "users"):
        running = project.start("upgrade", "head")
        end_backend(db, backend_in_the_door(db, BUILDING, running))
        result = running.wait(timeout=120)

    assert result.rc == 255
    assert result.stdout == f"FAILED: {LOST.format(said=SAID[driver], docs=PAGE)}\n"
    assert "Traceback" not in result.stderr
    project.upgrade()
    assert db.index("ix").is_valid


def test_pulled_cable_is_one_error(db, project, driver):
    """The network is gone, and stays away: the same error, in the driver's words."""
    db.execute(USERS)
    project.revision("r1", CALL)
    url = make_url(db.url(driver))
    ini = project.ini.read_text()
    with proxy_to(url.host, url.port) as proxy:
        project.write(project.ini, ini.replace(f":{url.port}/", f":{proxy.port}/"))
        with upgrading(project) as upgrade, door_held(db, "users"):
            upgrade.begin()
            backend_in_the_door(db, BUILDING, upgrade)
            proxy.cut()
            upgrade.wait()

    assert isinstance(upgrade.error, ConnectionLostError)
    said = re.search(r"reported: (.*?)\. The server may", str(upgrade.error))[1]
    assert str(upgrade.error) == LOST.format(said=said, docs=PAGE)
    project.write(project.ini, ini)
    project.upgrade()
    assert db.index("ix").is_valid
