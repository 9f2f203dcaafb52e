"""Which revisions a plan shows, with and without a database."""

from __future__ import annotations

import pytest
from alembic.util import CommandError

from alembic_zdt.errors import UsageError
from tests.commands.planning import (
    calls_of,
    cli_json,
    planned,
    revisions_of,
    text_of,
    without_server,
)
from tests.support.messages import error_page


@pytest.fixture
def chain(project):
    """Three revisions, a table each."""
    for number in (1, 2, 3):
        project.revision(
            f"r{number}",
            f'op.create_table("t{number}", sa.Column("id", sa.Integer()))',
            f'op.drop_table("t{number}")',
        )
    return project


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("base:head", ["r1", "r2", "r3"]),
        ("base:heads", ["r1", "r2", "r3"]),
        (":r2", ["r1", "r2"]),
        ("r1:", ["r2", "r3"]),
        ("r1:r2", ["r2"]),
        (":", ["r1", "r2", "r3"]),
        ("r1:+1", ["r2"]),
        ("r1:head-1", ["r2"]),
        ("r2:r2", []),
    ],
)
def test_range_needs_no_database(driver, chain, wanted, expected):
    """Every form that ``--sql`` takes, with no server to be reached.

    Each driver runs half of them.
    """
    without_server(chain)

    plan = planned(chain, wanted)

    assert revisions_of(plan) == expected
    assert (plan["asked"], plan["reason"]) == (False, None)


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (None, ["r2", "r3"]),
        ("head", ["r2", "r3"]),
        ("r2", ["r2"]),
        ("+1", ["r2"]),
        ("r1+1", ["r2"]),
        ("r1", []),
    ],
)
def test_target_starts_where_the_database_is(db, driver, chain, wanted, expected):
    """Without a colon it is what ``alembic upgrade`` would run.

    Each driver runs half of them.
    """
    chain.upgrade("r1")

    plan = planned(chain, wanted)

    assert revisions_of(plan) == expected
    assert plan["asked"] is True


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("-1", ["r3"]), ("r1", ["r3", "r2"]), ("base", ["r3", "r2", "r1"])],
)
def test_downgrade_goes_back_from_where_the_database_is(chain, wanted, expected):
    """``--downgrade`` shows the revisions in the order in which they are undone."""
    chain.upgrade("head")

    plan = planned(chain, wanted, downgrade=True)

    assert plan["direction"] == "downgrade"
    assert revisions_of(plan) == expected
    assert calls_of(plan) == ["op.drop_table()"] * len(expected)


def test_downgrade_range_needs_no_database(chain):
    """Both ends named: nobody is asked."""
    without_server(chain)

    plan = planned(chain, "r3:r1", downgrade=True)

    assert revisions_of(plan) == ["r3", "r2"]
    assert text_of(chain, "r3:r2", downgrade=True)[0] == "downgrade r3 -> r2, r3"


def test_downgrade_without_target_is_refused(chain):
    """There is no default for how far to go back."""
    with pytest.raises(UsageError) as caught:
        planned(chain, downgrade=True)

    assert str(caught.value) == (
        "a downgrade needs its target\n"
        "detail: Without a revision the plan cannot know how far to go back.\n"
        'hint: Write for example "alembic-zdt plan --downgrade -1" or '
        '"alembic-zdt plan --downgrade <from>:<to>".\n'
        f"docs: {error_page('usage')}"
    )


def test_downgrade_without_database_names_both_ends(chain):
    """A downgrade cannot start from a guess."""
    without_server(chain)

    with pytest.raises(UsageError) as caught:
        planned(chain, "-1", downgrade=True)

    assert str(caught.value).startswith(
        "cannot plan a downgrade without knowing where it starts\n"
        "detail: The database could not be asked for its revision (OperationalError: "
    )
    assert str(caught.value).endswith(
        'hint: Name both ends: "alembic-zdt plan --downgrade <from>:-1".\n'
        f"docs: {error_page('usage')}"
    )


def test_unreachable_database_is_told_in_one_line(driver, chain):
    """All revisions are shown, and standard error says why, without the password."""
    without_server(chain)

    plan, stderr = cli_json(chain)

    assert revisions_of(plan) == ["r1", "r2", "r3"]
    assert plan["asked"] is False
    (line,) = [x for x in stderr.splitlines() if "not asked" in x]
    assert line == f"the database was not asked: {plan['reason']}"
    assert "refused" in line or "Connect call failed" in line
    assert "Traceback" not in stderr
    assert "secret" not in stderr


def test_missing_driver_is_told_in_one_line(project):
    """A machine that only reviews needs no driver for the range, and is told so."""
    project.revision("r1")
    text = project.ini.read_text()
    url = project.db.url("psycopg")
    project.write(project.ini, text.replace(url, "postgresql+no_such_driver://x/y"))

    done = project.cli("plan", module="alembic_zdt")

    assert "Traceback" not in done.output


def test_unknown_revision_is_alembics_error(chain):
    """A typo is told as by ``alembic upgrade``."""
    for wanted in ("base:nothing", "nothing:head", "nothing"):
        with pytest.raises(CommandError, match=r"Can't locate revision.*'nothing'"):
            planned(chain, wanted)


def test_database_at_an_unknown_revision_is_alembics_error(db, chain):
    """The database is ahead of the files: Alembic's own words."""
    chain.upgrade("head")
    db.execute("UPDATE alembic_version SET version_num = 'gone'")

    with pytest.raises(CommandError, match=r"Can't locate revision.*'gone'"):
        planned(chain)


def test_up_to_date_database_has_nothing_to_run(chain):
    """One line when nothing is pending."""
    chain.upgrade("head")

    assert text_of(chain) == ["Nothing to run."]


@pytest.fixture
def branches(project):
    """A base with two branches."""
    project.revision("r1", 'op.execute("SELECT 1")')
    project.revision("a1", down_revision="r1", branch_labels="left")
    project.revision("b1", down_revision="r1", branch_labels="right")
    return project


def test_all_heads_are_planned(branches):
    """Everything pending on every branch is shown."""
    assert sorted(revisions_of(planned(branches))) == ["a1", "b1", "r1"]


def test_database_on_several_heads_is_a_place_to_start(branches):
    """Two rows in alembic_version are two ends that are reached already."""
    branches.upgrade("heads")
    branches.revision("m1", down_revision=("a1", "b1"))

    plan = planned(branches)

    assert revisions_of(plan) == ["m1"]
    assert plan["revisions"][0]["down_revision"] == "a1, b1"


def test_one_branch_can_be_planned(branches):
    """A branch label works as in ``alembic upgrade``."""
    branches.upgrade("r1")

    assert revisions_of(planned(branches, "left@head")) == ["a1"]
    assert revisions_of(planned(branches, "r1:right@head")) == ["b1"]


def test_one_head_of_several_is_alembics_error(branches):
    """``head`` is ambiguous here as everywhere."""
    with pytest.raises(CommandError, match="Multiple head revisions are present"):
        planned(branches, "base:head")


def test_revision_that_depends_on_a_branch_comes_after_it(branches):
    """``depends_on`` orders the plan as it orders the upgrade."""
    branches.revision("b2", down_revision="b1", depends_on="a1")

    found = revisions_of(planned(branches, "base:right@head"))

    assert found.index("a1") < found.index("b2")
