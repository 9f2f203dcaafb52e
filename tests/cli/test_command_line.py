"""``alembic-zdt`` is Alembic's command line, and more."""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from alembic.config import CommandLine

from alembic_zdt.cli import command_line

OURS = {
    *(
        "backfill",
        "board",
        "calibrate",
        "compat",
        "contract",
        "doctor",
        "explain",
        "facts",
    ),
    *("fleet", "lint", "plan", "queue", "rehearse", "review", "sql", "status"),
    *("wait", "work"),
}
CHANGED = {"check", "downgrade", "init", "revision", "upgrade"}
SCRIPT = Path(sys.executable).with_name("alembic-zdt")


def subcommands(cli):
    return dict(cli.subparsers.choices)


def options_of(parser):
    """Everything about each argument that a caller could notice, but --version."""
    return [
        {
            name: value
            for name, value in vars(action).items()
            if name not in {"container", "version", "choices"}
        }
        for action in parser._actions
    ]


def test_every_alembic_command_exists():
    """No command of Alembic is missing, and all others are ours."""
    theirs, all_of_them = subcommands(CommandLine()), subcommands(command_line())

    assert set(all_of_them) == set(theirs) | OURS


@pytest.mark.parametrize("name", sorted(set(subcommands(CommandLine())) - CHANGED))
def test_command_has_alembics_options(name):
    """Each command takes the same arguments, and runs the same function."""
    theirs, same = subcommands(CommandLine())[name], subcommands(command_line())[name]

    assert options_of(same) == options_of(theirs)
    assert same.get_default("cmd") == theirs.get_default("cmd")


def test_revision_takes_what_alembics_takes():
    """There is one option more, and all reach Alembic's function."""
    theirs, ours = (
        subcommands(cli)["revision"] for cli in (CommandLine(), command_line())
    )

    for option in options_of(theirs):
        assert option in options_of(ours)
    passed = set(theirs.get_default("cmd")[2]) - {"process_revision_directives"}
    assert set(ours.get_default("cmd")[2]) == passed | {"renames"}


def test_upgrade_takes_what_alembics_takes():
    """Its revision may be left out, and there are two options more."""
    theirs = options_of(subcommands(CommandLine())["upgrade"])
    ours = options_of(subcommands(command_line())["upgrade"])

    for option in theirs:
        if option["dest"] == "revision":
            option |= {"nargs": "?", "required": False, "default": "heads"}
    more = {"phase", "old_sessions"}
    assert [option for option in ours if option["dest"] not in more] == theirs


def test_downgrade_takes_what_alembics_takes():
    """There is one option more."""
    theirs, ours = (
        options_of(subcommands(cli)["downgrade"])
        for cli in (CommandLine(), command_line())
    )

    assert [each for each in ours if each["dest"] != "old_sessions"] == theirs
    assert len(ours) == len(theirs) + 1


def test_global_options_are_alembics():
    """What stands before the command is what Alembic takes."""
    theirs, same = CommandLine("alembic-zdt").parser, command_line().parser

    subparsers = argparse._SubParsersAction
    left = [a for a in theirs._actions if not isinstance(a, subparsers)]
    right = [a for a in same._actions if not isinstance(a, subparsers)]
    assert [a.option_strings for a in left] == [a.option_strings for a in right]
    assert [(a.dest, a.help) for a in left] == [(a.dest, a.help) for a in right]


def run(*arguments):
    return subprocess.run(
        [SCRIPT, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "80"},
    )


def test_help_lists_our_commands():
    """``--help`` ends well and names the commands of both."""
    done = run("--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert "upgrade" in done.stdout
    assert "plan                Show each step that would run" in done.stdout


def test_version_names_both_packages():
    """``--version`` says which Alembic is inside."""
    done = run("--version")

    expected = f"alembic-zdt {version('alembic-zdt')}, alembic {version('alembic')}\n"
    assert (done.returncode, done.stdout) == (0, expected)


@pytest.mark.parametrize(
    "arguments", [(), ("no-such-command",), ("plan", "--no-such-option")]
)
def test_wrong_call_ends_with_2(arguments):
    """A command line that cannot be parsed ends like Alembic's own."""
    done = run(*arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("usage: alembic-zdt")


def test_module_is_the_program(project):
    """``python -m alembic_zdt`` is the same, whatever Python calls the file."""
    done = project.cli("--version", module="alembic_zdt")

    assert done.stdout.startswith("alembic-zdt ")


def test_commands_do_what_alembics_do(db, project):
    """upgrade, current, check, downgrade and --sql work through it."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    project.revision(
        "r1",
        'op.create_index_concurrently("ix_users_email", "users", ["email"])',
        'op.drop_index_concurrently("ix_users_email", "users")',
    )

    def cli(*arguments):
        return project.cli(*arguments, module="alembic_zdt").ok()

    script = cli("upgrade", "head", "--sql").stdout
    cli("upgrade", "head")
    assert db.index("ix_users_email").is_valid
    assert cli("current").stdout == "r1 (head)\n"
    assert cli("history").stdout == project.cli("history").ok().stdout
    assert "CREATE INDEX CONCURRENTLY" in script
    cli("revision", "-m", "next", "--rev-id", "r2")
    assert [path.name for path in project.versions.glob("r2*")] == ["r2_next.py"]
    (project.versions / "r2_next.py").unlink()
    cli("downgrade", "base")
    assert db.indexes("users") == ["users_pkey"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("upgrade", "nothing"),
        ("downgrade", "-1"),
        ("check",),
        ("show", "nothing"),
        ("plan", "nothing"),
    ],
    ids=" ".join,
)
def test_failure_ends_with_alembics_code(project, arguments):
    """What Alembic refuses ends with 255 and one line FAILED here, too."""
    project.revision("r1")
    project.models("metadata = sa.MetaData()")

    done = project.cli(*arguments, module="alembic_zdt")

    assert done.rc == 255
    assert "FAILED: " in done.output
    assert "Traceback" not in done.output
    if arguments[0] != "plan":
        theirs = project.cli(*arguments)
        assert (theirs.rc, theirs.stdout) == (done.rc, done.stdout)


def test_quiet_silences_the_plan(project, capsys):
    """``-q`` is Alembic's: nothing on standard output."""
    project.revision("r1")

    done = project.cli("-q", "plan", "base:head", module="alembic_zdt").ok()

    assert done.stdout == ""


def test_raiseerr_shows_where_it_failed(project):
    """``--raiseerr`` lets the exception through, as Alembic's commands do."""
    project.revision("r1", "op.get_bind().execute(sa.text('SELECT 1')).scalar()")

    done = project.cli("--raiseerr", "plan", "base:head", module="alembic_zdt")

    assert done.rc == 1
    assert "RevisionError" in done.stderr


def test_command_line_can_be_made_twice():
    """Nothing is registered twice when a program makes it again."""
    output = io.StringIO()

    command_line().parser.print_help(output)
    first = output.getvalue()
    command_line().parser.print_help(output)

    assert output.getvalue() == first * 2
