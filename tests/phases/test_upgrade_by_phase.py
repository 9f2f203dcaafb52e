"""``alembic-zdt upgrade --phase`` runs what may run, and says where it stopped."""

from __future__ import annotations

import pytest

TABLE = 'op.create_table("{0}", sa.Column("id", sa.Integer()))'


@pytest.fixture
def revisions(project):
    """Two workflows, one behind the other."""
    for name, phase in (
        ("e1", "expand"),
        ("m1", "migrate"),
        ("e2", "expand"),
        ("c1", "contract"),
        ("e3", "expand"),
    ):
        project.revision(
            name,
            TABLE.format(name),
            f'op.drop_table("{name}")',
            variables={"zdt_phase": phase},
        )
    return project


def upgrade(project, *arguments):
    return project.cli("upgrade", *arguments, module="alembic_zdt").ok()


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("phase", "at", "stopped"),
    [
        ("expand", "e1", 'stopped before revision "m1" (m1): its phase is migrate'),
        ("migrate", "e2", 'stopped before revision "c1" (c1): its phase is contract'),
        ("contract", "e3", ""),
    ],
)
def test_it_stops_before_the_first_of_a_later_phase(
    revisions, driver, phase, at, stopped
):
    """Each phase is run by one driver, and both run some."""
    result = upgrade(revisions, "--phase", phase)

    assert revisions.current == [at]
    assert stopped in result.stderr
    assert ("stopped" in result.stderr) is bool(stopped)


def test_it_goes_on_where_it_stopped(revisions):
    for phase, at in (("expand", "e1"), ("expand", "e1"), ("migrate", "e2")):
        upgrade(revisions, "--phase", phase)
        assert revisions.current == [at]
    upgrade(revisions)
    assert revisions.current == ["e3"]


def test_it_goes_no_further_than_the_revision(revisions):
    result = upgrade(revisions, "m1", "--phase", "contract")

    assert revisions.current == ["m1"]
    assert "stopped" not in result.stderr


def test_without_a_phase_it_is_the_command_of_alembic(revisions):
    upgrade(revisions, "+2")

    assert revisions.current == ["m1"]


def test_a_script_stops_there_too(revisions):
    result = upgrade(revisions, "e1:heads", "--sql", "--phase", "migrate")

    assert "CREATE TABLE m1" in result.stdout
    assert "CREATE TABLE e2" in result.stdout
    assert "CREATE TABLE c1" not in result.stdout
    assert 'stopped before revision "c1"' in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--phase", "later"), '--phase is "later", which is no phase'),
        (("e1:m1", "--phase", "expand"), '"e1:m1" is a range of revisions'),
        (("no", "--phase", "expand"), "Can't locate revision identified by 'no'"),
    ],
)
def test_what_cannot_be_is_said(revisions, arguments, said):
    result = revisions.cli("upgrade", *arguments, module="alembic_zdt")

    assert result.rc != 0
    assert said in " ".join(result.output.split())
    assert revisions.current == []


def test_other_branches_go_on(project):
    """What stands on a revision that is left, or depends on it, is left too."""
    for name, phase, below, needs in (
        ("a1", "contract", None, None),
        ("a2", "expand", "a1", None),
        ("b1", "expand", None, None),
        ("b2", "expand", "b1", "a2"),
        ("c1", "expand", None, None),
        ("c2", "migrate", "c1", None),
        ("c3", "expand", "c1", None),
    ):
        project.revision(
            name,
            TABLE.format(name),
            down_revision=below,
            depends_on=needs,
            variables={"zdt_phase": phase},
        )

    result = upgrade(project, "--phase", "expand")

    assert project.current == ["b1", "c3"]
    for revision in ("a1", "c2"):
        assert f'stopped before revision "{revision}"' in result.stderr
    upgrade(project)
    assert project.current == ["b2", "c2", "c3"]  # a2 is below b2
