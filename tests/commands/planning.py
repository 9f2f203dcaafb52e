"""What the tests of ``plan`` have in common."""

from __future__ import annotations

from alembic_zdt.commands.plan import make_plan
from alembic_zdt.commands.plan_output import as_json, as_text
from tests.support.output import parsed

NOWHERE = "postgresql+{driver}://somebody:secret@127.0.0.1:1/nowhere"


def without_server(project):
    """Let alembic.ini point to a port where nobody listens."""
    url = NOWHERE.format(driver=project.driver)
    text = project.ini.read_text()
    assert project.db.url(project.driver) in text
    project.write(project.ini, text.replace(project.db.url(project.driver), url))


def planned(project, wanted=None, *, downgrade=False, x=()):
    """The plan as plain data, made in this process."""
    return as_json(make_plan(project.config(x), wanted, downgrade=downgrade))


def text_of(project, wanted=None, *, downgrade=False):
    """The plan as people see it."""
    return list(as_text(make_plan(project.config(), wanted, downgrade=downgrade)))


def revisions_of(plan):
    """The ids of the revisions, in order."""
    return [revision["revision"] for revision in plan["revisions"]]


def steps_of(plan):
    """All steps of all revisions."""
    return [
        step
        for revision in plan["revisions"]
        for operation in revision["operations"]
        for step in operation["steps"]
    ]


def calls_of(plan):
    """The calls of all revisions."""
    return [
        operation["call"]
        for revision in plan["revisions"]
        for operation in revision["operations"]
    ]


def cli_json(project, *arguments):
    """What ``alembic-zdt plan --json`` prints, parsed; standard error beside it."""
    done = project.cli("plan", "--json", *arguments, module="alembic_zdt").ok()
    return parsed("plan", done.stdout), done.stderr
