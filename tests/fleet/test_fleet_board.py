"""The board shows the newest run of a fleet, and what its targets did."""

from __future__ import annotations

import pytest

from tests.support.boards import served_board

FAILS = """\
here = op.get_bind().exec_driver_sql("SELECT current_schema()").scalar()
if here == {!r}:
    raise RuntimeError("personal data")
op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
"""


@pytest.mark.parametrize("shown", [True, False])
def test_board_shows_the_newest_run(new_fleet, shown):
    fleet = new_fleet(2)
    broken = fleet.schemas[0]
    text = fleet.project.ini.read_text()
    setting = f"\n[alembic_zdt]\nshow_queries = {str(shown).lower()}\n"
    fleet.project.write(fleet.project.ini, text + setting)
    fleet.project.revision("r1", FAILS.format(broken))
    with served_board(fleet.project) as board:
        assert "No run was begun." in board.page
        _, found = fleet.upgraded()

        page = board.wait_for(found["run"])

    assert (
        f"Run {found['run']}: ended; not done: 0 running, 0 waiting, 1 failed." in page
    )
    assert f'<td>{broken}</td><td class="bad">failed</td>' in page
    assert ("personal data" in page) is shown
    assert ("hidden, because show_queries is off" in page) is not shown
