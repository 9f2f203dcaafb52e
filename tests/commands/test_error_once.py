"""A person sees an error once; log files and other collectors still get the record."""

from __future__ import annotations

import json

import pytest

from tests.support.terminal import on_terminal

TOO_LONG = "t" * 70
MESSAGE = f'relation name "{TOO_LONG}" is too long'
SQL = ("upgrade", "base:head", "--sql")
PROGRAMS = ("alembic", "alembic_zdt")

every_program = pytest.mark.parametrize("module", PROGRAMS)
pytestmark = pytest.mark.compat


@pytest.fixture(autouse=True)
def failing(project):
    """The revision asks for a name that PostgreSQL would cut."""
    project.revision("r1", f'op.create_index_concurrently("ix", "{TOO_LONG}", ["a"])')


def lines_of(screen):
    return [line.rstrip() for line in screen.splitlines()]


def reports_on(screen):
    """Return the lines with the message, without those of the script itself."""
    said = [line for line in lines_of(screen) if MESSAGE in line]
    return [line for line in said if "this script is incomplete" not in line]


@every_program
def test_terminal_shows_our_error_once_and_in_its_lines(project, module):
    """With the alembic.ini that Alembic writes."""
    rc, screen = on_terminal(SQL, project.folder, module=module, with_stderr=True)

    assert rc == 255
    assert reports_on(screen) == [f"FAILED: {MESSAGE}"], screen
    lines = lines_of(screen)
    assert [line for line in lines if line.startswith("hint: Use a shorter name")]


@every_program
def test_streams_that_are_no_terminal_both_get_it(project, module):
    """A collector of stderr reads the record, one of stdout the line behind FAILED."""
    done = project.cli(*SQL, module=module)

    assert done.rc == 255
    assert f"FAILED: {MESSAGE}" in done.stdout
    assert f"ERROR [alembic.util.messaging] {MESSAGE}" in done.stderr


def test_quiet_run_shows_the_record(project):
    """With --quiet nothing is printed, so the log is all that there is to see."""
    rc, screen = on_terminal(
        ("--quiet", *SQL), project.folder, module="alembic", with_stderr=True
    )

    assert rc == 255
    assert "FAILED" not in screen
    assert screen.count(f"ERROR [alembic.util.messaging] {MESSAGE}") == 1


def test_log_file_keeps_the_record(project):
    text = project.ini.read_text()
    text = text.replace("keys = console", "keys = console,file")
    text = text.replace("handlers = console", "handlers = console,file")
    text += (
        "\n[handler_file]\nclass = FileHandler\nargs = ('migrations.log',)\n"
        "formatter = generic\n"
    )
    project.write(project.ini, text)

    rc, screen = on_terminal(SQL, project.folder, module="alembic", with_stderr=True)

    assert rc == 255
    assert reports_on(screen) == [f"FAILED: {MESSAGE}"], screen
    log = (project.folder / "migrations.log").read_text()
    assert log.count(f"ERROR [alembic.util.messaging] {MESSAGE}") == 1


JSON_LOGGING = """
import json, logging, sys

class AsJson(logging.Formatter):
    def format(self, record):
        return json.dumps({"level": record.levelname, "text": record.getMessage()})

handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(AsJson())
logging.getLogger().addHandler(handler)
"""


@pytest.mark.parametrize(
    ("module", "where"), [("alembic", "terminal"), ("alembic_zdt", "pipe")]
)
def test_json_on_stdout_keeps_the_record(project, module, where):
    project.edit_env(
        "target_metadata = None", f"target_metadata = None\n{JSON_LOGGING}"
    )

    if where == "pipe":
        printed = project.cli(*SQL, module=module).stdout
    else:
        _, printed = on_terminal(SQL, project.folder, module=module, with_stderr=True)

    found = [json.loads(line) for line in printed.splitlines() if line[:1] == "{"]
    (record,) = [each for each in found if each["level"] == "ERROR"]
    assert record["text"].startswith(MESSAGE)


def test_alembics_own_errors_are_left_to_alembic(project):
    """We are a guest in its program; in ours they are shown once, too."""
    wanted = ("upgrade", "nowhere:head", "--sql")
    theirs, ours = (
        on_terminal(wanted, project.folder, module=module, with_stderr=True)
        for module in PROGRAMS
    )

    words = "Can't locate revision identified by 'nowhere'"
    assert (theirs[0], theirs[1].count(words)) == (255, 2), theirs[1]
    assert (ours[0], ours[1].count(words)) == (255, 1), ours[1]


def test_raiseerr_still_raises(project):
    done = project.cli("--raiseerr", *SQL, module="alembic_zdt")

    assert done.rc == 1
    assert f"IdentifierTooLongError: {MESSAGE}" in done.stderr
    assert "FAILED" not in done.stdout
