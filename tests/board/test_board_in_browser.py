"""The board in a real browser, without a window."""

from __future__ import annotations

import pytest

from tests.support.boards import served_board
from tests.support.workflows import renaming
from tools import look

NAME = "<img src=x onerror=\"document.title='hacked'\"> </td><script>alert(1)</script>"


@pytest.fixture
def board(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("CREATE TABLE b (id int)")
    expand, *_ = renaming("users", "email", "mail").splitlines()
    project.revision("r1", expand)
    call = (
        f'op.backfill("users", {{"mail": "email"}}, mode="background", name={NAME!r})'
    )
    project.revision("r2", call)
    project.upgrade()
    with served_board(project) as found:
        yield found


REFRESH = '<meta http-equiv="refresh" content="5">'


def keep(window):
    """Let the window keep its page, which is looked at for a while."""

    def answer(route):
        found = route.fetch()
        assert REFRESH in found.text()
        route.fulfill(response=found, body=found.text().replace(REFRESH, ""))

    window.route("**/", answer)


@pytest.mark.parametrize("scheme", look.SCHEMES)
def test_board_is_readable_and_runs_no_script(chromium, board, db, scheme):
    """Names of others stay text."""
    with db.holding("LOCK TABLE b"), db.background("SELECT count(*) FROM b") as job:
        job.wait_until_blocked()
        board.wait_for(f"pid {job.pid}")
        for device, width in look.WIDTHS.items():
            view = {"width": width, "height": 900}
            window = chromium.new_page(viewport=view, color_scheme=scheme)
            errors = look.errors_of(window)
            keep(window)
            window.goto(board.url)

            assert list(look.faults(window, f"{device}, {scheme}")) == []
            assert window.get_by_text(f"pid {job.pid}").count() == 1
            assert window.get_by_role("cell", name=NAME).count() == 1
            assert window.locator("script, img").count() == 0
            assert window.title() == "Board of migrations"
            assert errors == []
            window.close()


def test_board_asks_again_by_itself(chromium, board, db):
    window = chromium.new_page()
    errors = look.errors_of(window)
    window.goto(board.url)
    calm = window.get_by_text("No session waits for a lock.")
    calm.wait_for(timeout=60_000)

    with db.holding("LOCK TABLE b"), db.background("SELECT count(*) FROM b") as job:
        window.get_by_text(f"pid {job.pid}").wait_for(timeout=60_000)
    calm.wait_for(timeout=60_000)

    assert errors == []
    window.close()
