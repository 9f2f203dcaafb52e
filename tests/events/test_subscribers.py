"""Who gets the events, and what becomes of a subscriber that fails."""

from __future__ import annotations

import functools
import logging
import signal

import pytest
import sqlalchemy as sa

from alembic_zdt import events
from alembic_zdt.errors import UsageError
from alembic_zdt.events.subscribers import send

NULLABLE = 'op.drop_not_null("users", "email")'
USERS = "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)"
PLUGIN = """
import pathlib
from alembic_zdt import events

def keep(event):
    with open(pathlib.Path(__file__).with_name("events.txt"), "a") as file:
        file.write(type(event).__name__ + "\\n")

class Loud:
    def __call__(self, event):
        raise SystemExit("no network")

loud = Loud()
"""
POINTS = """[alembic_zdt.subscribers]
keep = watching:keep
loud = watching:loud
gone = watching:gone
"""


@pytest.fixture
def one_revision(db, project):
    db.execute(USERS)
    project.revision("r1", NULLABLE)


def started(**more):
    return events.GateClosed(**({"revision": "r1", "message": "no"} | more))


class Recorder:
    def __init__(self):
        self.got = []

    def tell(self, event):
        self.got.append(event)


@pytest.mark.parametrize("error", [ValueError("no network"), SystemExit(3)])
def test_subscriber_that_raises_is_logged_once(
    project, one_revision, seen, caplog, error
):
    def broken(_event):
        raise error

    with events.subscribe(broken):
        project.upgrade()

    assert project.current == ["r1"]
    assert seen.kinds[-1] == "RunFinished"
    (line,) = [r.getMessage() for r in caplog.records if "subscriber" in r.getMessage()]
    assert __name__.rpartition(".")[2] in line
    assert "broken" in line
    assert "RunStarted" in line
    assert type(error).__name__ in line


def test_keyboard_interrupt_in_a_subscriber_is_not_swallowed(project, one_revision):
    def interrupted(_event):
        raise KeyboardInterrupt

    with events.subscribe(interrupted), pytest.raises(KeyboardInterrupt):
        send(started())


def test_subscription_ends(seen):
    recorder = Recorder()

    subscription = events.subscribe(recorder.tell)
    again = events.subscribe(recorder.tell)
    send(started())
    subscription.unsubscribe()
    subscription.unsubscribe()
    send(started())

    assert again is subscription
    assert len(recorder.got) == 1
    assert len(seen) == 2


def test_subscription_ends_within_an_event(seen):
    def once(_event):
        subscription.unsubscribe()
        recorder.got.append(_event)

    recorder = Recorder()
    subscription = events.subscribe(once)
    send(started())
    send(started())

    assert len(recorder.got) == 1


async def coroutine(_event):
    """Would never be awaited."""


class Awaited:
    async def __call__(self, _event):
        """Would never be awaited."""


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (coroutine, "coroutine"),
        (functools.partial(coroutine), "coroutine"),
        (Awaited(), "Awaited"),
        ("print", "str"),
    ],
)
def test_what_cannot_be_called_is_refused(wrong, name):
    with pytest.raises(UsageError) as caught:
        events.subscribe(wrong)

    assert caught.value.primary.startswith("cannot subscribe")
    assert name in caught.value.primary


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("at postgresql://me:se:cr3t@db/x", "at postgresql://me:***@db/x"),
        ("host=db password=s3cr3t port=1", "host=db password=*** port=1"),
        ("password='a b\\'c' x", "password=*** x"),
        ("ALTER ROLE a PASSWORD 'it''s' VALID", "ALTER ROLE a PASSWORD *** VALID"),
        ("ALTER ROLE a PASSWORD 'cut of", "ALTER ROLE a PASSWORD ***"),
        ("ROLE a PASSWORD E'it\\'s' VALID", "ROLE a PASSWORD *** VALID"),
        ("ROLE a PASSWORD U&'abc' VALID", "ROLE a PASSWORD *** VALID"),
        (
            "SUBSCRIPTION s CONNECTION 'password=''s3cr3t'' user=u'",
            "SUBSCRIPTION s CONNECTION 'password=*** user=u'",
        ),
        (
            "PGPASSWORD=s3cr3t psql, sslpassword=x y",
            "PGPASSWORD=*** psql, sslpassword=*** y",
        ),
        ("CREATE ROLE a password $$x y$$ LOGIN", "CREATE ROLE a password *** LOGIN"),
        ("set the password of the role", "set the password of the role"),
        ("drop password_hash of users", "drop password_hash of users"),
    ],
)
def test_password_is_removed_from_every_text(seen, text, clean):
    blocker = events.Blocker(1, 0.5, "active", "app", "me", text)
    blocked = events.Blocked(step="s", table="t", waited=1.0, blockers=(blocker,))

    send(started(message=text, detail=text))
    send(blocked)

    assert (seen[0].message, seen[0].detail) == (clean, clean)
    assert seen[1].blockers[0].query == clean


def test_password_of_the_connection_is_removed(db, project, seen):
    password = sa.make_url(db.url("psycopg")).password
    assert password
    project.revision("r1", f'raise ValueError("cannot use {password} for x")')

    with pytest.raises(ValueError, match="cannot use"):
        project.upgrade()

    assert seen.one(events.RunFailed).message == "cannot use *** for x"
    assert password not in seen.one(events.RunFailed).message


def test_text_of_a_foreign_error_is_hidden_with_the_queries(project, seen):
    project.configure(zdt_show_queries=False)
    project.revision("r1", 'raise ValueError("SELECT secret")')

    with pytest.raises(ValueError, match="secret"):
        project.upgrade()

    failed = seen.one(events.RunFailed)
    assert failed.error == "ValueError"
    assert "secret" not in repr(failed)


def test_entry_points_are_subscribed(db, project, one_revision):
    folder = project.folder / "installed"
    project.write("installed/watching.py", PLUGIN)
    project.write("installed/watching-1.0.dist-info/entry_points.txt", POINTS)
    project.write(
        "installed/watching-1.0.dist-info/METADATA", "Name: watching\nVersion: 1.0\n"
    )
    text = project.ini.read_text()
    project.write(
        project.ini,
        text.replace("prepend_sys_path = .", f"prepend_sys_path = {folder}"),
    )

    project.edit_env(
        "fileConfig(config.config_file_name",
        "fileConfig(config.config_file_name, disable_existing_loggers=False",
    )

    done = project.cli("upgrade", "head").ok()

    kinds = (folder / "events.txt").read_text().split()
    assert (kinds[0], kinds[-1]) == ("RunStarted", "RunFinished")
    assert done.output.count('subscriber "loud (watching:loud)" failed') == 1
    assert done.output.count('subscriber "gone (watching:gone)" could not be') == 1


def test_interrupted_run_has_failed(db, project, one_revision, seen):
    with db.holding("SELECT count(*) FROM users"):

        def interrupt(event):
            if isinstance(event, events.StepStarted):
                signal.raise_signal(signal.SIGINT)

        with events.subscribe(interrupt), pytest.raises(KeyboardInterrupt):
            project.upgrade()

    failed = seen.one(events.RunFailed)
    assert failed.error == "KeyboardInterrupt"
    assert failed.message == "interrupted by SIGINT"
    assert failed.revision == "r1"


def test_traceback_of_a_subscriber_is_in_the_debug_log(project, one_revision, caplog):
    caplog.set_level(logging.DEBUG, "alembic_zdt")

    def broken(_event):
        raise ValueError

    with events.subscribe(broken):
        send(started())

    assert any(r.exc_info for r in caplog.records if "traceback" in r.getMessage())
