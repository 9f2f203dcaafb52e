"""``alembic-zdt upgrade --phase`` runs what may run, and says where it stopped."""

from __future__ import annotations

import asyncio
import re

import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251  # the caller's

from alembic_zdt import aio, api
from alembic_zdt.errors import RevisionError, UsageError

BEHIND_CONTRACT = 3
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


def run(project, *arguments):
    return project.cli("upgrade", *arguments, module="alembic_zdt")


def upgrade(project, *arguments):
    return run(project, *arguments).ok()


def upgrade_up_to_contract(project, *arguments):
    """Run what is not behind the contract, and be told about the rest."""
    result = run(project, *arguments)
    assert result.rc == BEHIND_CONTRACT, result.output
    return result


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("options", "at", "stopped"),
    [
        (
            ["--phase", "expand"],
            "e1",
            'stopped before revision "m1" (m1): its phase is migrate',
        ),
        (
            ["--before-deploy"],
            "e2",
            'stopped before revision "c1" (c1): its phase is contract',
        ),
        (["--after-deploy"], "e3", ""),
    ],
)
def test_it_stops_before_the_first_of_a_later_phase(
    revisions, driver, options, at, stopped
):
    """Each phase is run by one driver, and both run some."""
    result = run(revisions, *options)

    assert revisions.current == [at]
    assert stopped in result.stderr
    assert ("stopped" in result.stderr) is bool(stopped)
    assert result.rc == (BEHIND_CONTRACT if stopped else 0)


def test_it_goes_on_where_it_stopped(revisions):
    for phase, at in (("expand", "e1"), ("expand", "e1"), ("migrate", "e2")):
        upgrade_up_to_contract(revisions, "--phase", phase)
        assert revisions.current == [at]
    upgrade(revisions)
    assert revisions.current == ["e3"]


def test_an_expand_behind_a_contract_is_an_error(revisions):
    """The code that needs it must not be deployed: both are named."""
    upgrade(revisions, "e2")

    said = upgrade_up_to_contract(revisions, "--before-deploy").output
    assert (
        'revision "e3" (e3) comes after contract "c1" (c1), which is not run yet'
        in said
    )
    assert revisions.current == ["e2"]
    (wanted,) = set(re.findall(r'run "alembic-zdt (upgrade --after-\w+ \w+)"', said))

    revisions.cli(*wanted.split(), module="alembic_zdt").ok()
    assert revisions.current == ["c1"]
    upgrade(revisions, "--before-deploy")
    assert revisions.current == ["e3"]


def test_a_new_revision_names_the_contract_that_it_stands_behind(revisions):
    done = revisions.cli("revision", "-m", "later", module="alembic_zdt").ok()

    assert 'comes after contract "c1" (c1)' in done.stderr
    assert "first run alembic-zdt upgrade --after-deploy c1" in done.stderr


def test_nothing_is_missing_where_only_a_merge_is_behind_a_contract(project):
    for name, phase, below, call in (
        ("a1", "contract", None, TABLE.format("a1")),
        ("b1", "expand", None, TABLE.format("b1")),
        ("ab", "expand", ("a1", "b1"), "pass"),
    ):
        project.revision(
            name, call, down_revision=below, variables={"zdt_phase": phase}
        )

    upgrade(project, "--before-deploy")

    assert project.current == ["b1"]


def test_it_goes_no_further_than_the_revision(revisions):
    result = upgrade(revisions, "m1", "--phase", "contract")

    assert revisions.current == ["m1"]
    assert "stopped" not in result.stderr


def test_without_a_phase_it_is_the_command_of_alembic(revisions):
    upgrade(revisions, "+2")

    assert revisions.current == ["m1"]


@pytest.fixture(params=["api", "aio"])
def program(request, db, revisions):
    """The same upgrade from a program, without and within an event loop."""
    revisions.write(revisions.env, "from alembic_zdt import env\nenv.run()\n")

    async def within_a_loop(*arguments, **options):
        engine = create_async_engine(db.url("asyncpg"))
        try:
            await aio.upgrade(engine, *arguments, config=revisions.ini, **options)
        finally:
            await engine.dispose()

    def run(*arguments, **options):
        if request.param == "aio":
            return asyncio.run(within_a_loop(*arguments, **options))
        engine = create_engine(db.url(), poolclass=NullPool)
        return api.upgrade(engine, *arguments, config=revisions.ini, **options)

    return run


def test_a_program_names_the_phase(revisions, program, caplog):
    """The error that is exit code 3 of the command says what the program calls."""
    caplog.set_level("INFO", "alembic_zdt")
    program("m1", phase="expand")
    assert revisions.current == ["e1"]
    assert 'stopped before revision "m1" (m1): its phase is migrate' in caplog.text

    with pytest.raises(RevisionError) as found:
        program(phase="before_deploy")
    assert revisions.current == ["e2"]
    error = found.value
    assert (error.exit_code, error.revision) == (BEHIND_CONTRACT, "e3")
    assert f'call upgrade(engine, "{error.contract}", phase="after_deploy")' in (
        error.hint
    )

    with pytest.raises(UsageError, match='phase is "later", which is not a phase'):
        program(phase="later")

    program(error.contract, phase="after_deploy")
    program(phase="migrate")
    assert revisions.current == ["e3"]


def test_a_script_stops_there_too(revisions):
    result = upgrade_up_to_contract(revisions, "e1:heads", "--sql", "--before-deploy")

    assert "CREATE TABLE m1" in result.stdout
    assert "CREATE TABLE e2" in result.stdout
    assert "CREATE TABLE c1" not in result.stdout
    assert 'stopped before revision "c1"' in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--phase", "later"), '--phase is "later", which is not a phase'),
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

    result = upgrade_up_to_contract(project, "--phase", "expand")

    assert 'revisions "a2" (a2), "b2" (b2) come after contract "a1"' in result.output
    assert project.current == ["b1", "c3"]
    for revision in ("a1", "c2"):
        assert f'stopped before revision "{revision}"' in result.stderr
    upgrade(project)
    assert project.current == ["b2", "c2", "c3"]  # a2 is below b2


DROP = 'op.drop_column("users", "fax")'


@pytest.fixture
def users(db, project):
    """Three columns, one of which a stock revision drops."""
    db.execute("CREATE TABLE users (id int, fax text)")
    project.revision("r1", DROP)
    return project


def test_a_stock_drop_waits_for_the_old_code(db, users):
    """Although it calls no directive, and the table is small."""
    db.execute("INSERT INTO users VALUES (1, 'a')")

    said = upgrade(users, "--before-deploy").stderr

    assert 'stopped before revision "r1" (r1): its phase is contract' in said
    assert "fax" in db.columns("users")


def test_a_stock_drop_of_an_empty_table_waits_for_nothing(db, users):
    assert "stopped" not in upgrade(users, "--before-deploy").stderr
    assert "fax" not in db.columns("users")


def test_a_new_database_runs_its_old_stock_drops(project):
    """What earlier pending revisions make, no code can use yet."""
    project.revision("r1", TABLE.format("users"))
    project.revision("r2", 'op.drop_column("users", "id")')
    project.revision("r3", 'op.rename_table("users", "people")')

    assert "stopped" not in upgrade(project, "--before-deploy").stderr
    assert project.current == ["r3"]
