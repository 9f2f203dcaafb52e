"""Chat tools are told of a run, and no run waits for them."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from alembic_zdt.errors import GateClosedError, SettingError, ZdtError
from alembic_zdt.events.watched_run import in_target
from alembic_zdt.notifications import webhook
from alembic_zdt.settings import Settings
from tests.support.background import upgrading
from tests.support.waiting import wait_until

TABLE = "CREATE TABLE users (id int PRIMARY KEY, email text)"
HOLD = "SELECT count(*) FROM users"
LOCKS = "SELECT mode FROM pg_locks WHERE relation = 'users'::regclass"
IS_DONE = (
    "SELECT 1 FROM pg_attribute WHERE attrelid = 'users'::regclass"
    " AND attname = 'email' AND NOT attnotnull"
)


def threads():
    return [each for each in threading.enumerate() if "notify_url" in each.name]


def test_begin_and_end_are_posted(db, project, users, chat):
    project.upgrade()

    started, finished = chat.texts
    url = sa.make_url(db.url("psycopg"))
    assert started == (
        f'Migration of database "{url.database}" on {url.host}:{url.port} started:'
        " upgrade with 1 revision (r1)."
    )
    assert finished.startswith(f'Migration of database "{url.database}"')
    assert "finished: 1 revision in" in finished
    assert [set(body) for body in chat.bodies] == [{"text"}, {"text"}]


def test_run_that_finds_nothing_to_do_posts_nothing(project, users, chat):
    project.upgrade()
    chat.bodies.clear()

    project.upgrade()

    assert chat.bodies == []


def test_failure_is_posted_with_its_hint(project, users, chat):
    project.revision("r2", 'op.validate_constraint("missing", "users")')

    with pytest.raises(ZdtError) as caught:
        project.upgrade()

    last = chat.texts[-1]
    assert f'failed in revision "r2": {caught.value.primary}.' in last
    assert last.endswith(caught.value.hint)


def test_target_of_a_fleet_posts_only_problems(project, users, chat):
    with in_target("acme"):
        project.upgrade()
        project.revision("r2", 'op.validate_constraint("missing", "users")')
        with pytest.raises(ZdtError):
            project.upgrade()

    (text,) = chat.texts
    assert text.startswith('Migration of target "acme" failed in revision "r2"')


def test_failure_to_connect_is_posted(db, project, users, chat):
    url = "postgresql+psycopg://me:topsecret@127.0.0.1:1/none"
    text = project.ini.read_text().replace(db.url("psycopg"), url)
    project.write(project.ini, text)

    with pytest.raises(sa.exc.OperationalError):
        project.upgrade()

    (text,) = chat.texts
    assert text.startswith("Migration failed: ")
    assert "topsecret" not in text


@pytest.mark.parametrize("shown", [True, False])
def test_blocker_is_posted_once(db, project, users, chat, shown):
    project.configure(zdt_show_queries=shown, zdt_progress_interval="50ms")

    with upgrading(project) as upgrade, db.holding(HOLD) as other:
        pid = other.pid
        upgrade.begin()
        wait_until(lambda: len(chat.texts) > 1, "the blocker is posted")
    assert upgrade.error is None

    (text,) = [each for each in chat.texts if "Blocked by" in each]
    assert f'Blocked by pid {pid}, application "zdt-test"' in text
    assert 'to drop NOT NULL of "users.email".' in text
    assert (HOLD in text) is shown


def test_closed_gate_is_posted_once(db, project, chat, monkeypatch):
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")
    db.execute(f"{TABLE}; INSERT INTO users VALUES (1, 'a')")
    project.revision("a1", 'op.expand_drop_column("users", "email")')
    project.revision("b2", 'op.contract_drop_column("users", "email")')
    project.upgrade("a1")
    project.settings(notify_url=chat.url)

    with pytest.raises(GateClosedError) as caught:
        project.upgrade()

    _, text = chat.texts
    assert caught.value.primary in text
    assert caught.value.hint in text


def test_step_does_not_wait_for_the_chat(db, project, users, chat):
    """It is done, and its lock is free, while the first post is not answered."""
    chat.is_open.clear()

    with upgrading(project) as upgrade:
        upgrade.begin()
        wait_until(lambda: chat.bodies, "the first post is on its way")
        wait_until(lambda: db.rows(IS_DONE), "the step is done")
        assert db.rows(LOCKS) == []
        assert chat.texts == []
        chat.is_open.set()
    assert upgrade.error is None

    assert len(chat.texts) == 2


def test_post_is_tried_again(project, users, chat, monkeypatch):
    monkeypatch.setattr(webhook, "_PAUSE", 0.01)
    chat.answers = [503, 429]

    project.upgrade()

    assert len(chat.texts) == 2
    assert len(chat.bodies) == 4


def test_refused_post_is_logged_without_the_secret(project, users, chat, caplog):
    chat.answers = [404, 404]

    project.upgrade()

    assert len(chat.bodies) == 2
    lines = [r.getMessage() for r in caplog.records if "notify_url" in r.getMessage()]
    assert (
        lines
        == ["could not post a message to notify_url on 127.0.0.1: HTTP status 404"] * 2
    )


def test_chat_that_never_answers_ends_no_run(project, users, chat, caplog, monkeypatch):
    monkeypatch.setattr(webhook, "_TIMEOUT", 0.05)
    monkeypatch.setattr(webhook, "_PAUSE", 0.01)
    chat.is_open.clear()

    project.upgrade()

    assert project.current == ["r1"]
    assert len(chat.bodies) == 6
    assert [r for r in caplog.records if "TimeoutError" in r.getMessage()]
    assert not threads()


def test_flush_ends_after_a_while(project, users, chat, caplog, monkeypatch):
    monkeypatch.setattr(webhook, "_LONGEST_FLUSH", 0.1)
    chat.is_open.clear()

    project.upgrade()

    assert project.current == ["r1"]
    assert "notify_url: gave up, 2 messages are not posted" in caplog.text
    chat.is_open.set()
    wait_until(lambda: not threads(), "the thread has ended")
    assert len(chat.bodies) == 1


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/s3cret",
        "s3cret",
        "https:///s3cret",
        "https://me:s3cret@chat.example.com/hook",
        "https://s3cret@chat.example.com/hook",
        "https://@chat.example.com/s3cret",
        "http://[s3cret",
        "http://[::1/s3cret",
        "http://chat.example.com:s3cret/hook",
        "http://chat.example.com:99999/s3cret",
        "http://:80/s3cret",
        "https://chat.example.com/s3cret hook",
        "https://chat.example.com/s3cret\x00",
        "https://chat.example.com/s3cret/é",
        "https://..example.com/s3cret",
    ],
)
def test_wrong_url_is_refused_and_not_shown(url):
    with pytest.raises(SettingError) as caught:
        Settings.from_sources(("alembic.ini", {"notify_url": url}))

    assert caught.value.setting == "notify_url"
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "",
        "HTTPS://chat.example.com",
        "http://[::1]:8080/x",
        "https://h:443/a%20b?c=d#e",
    ],
)
def test_url_of_http_is_taken(url):
    found = Settings.from_sources(("alembic.ini", {"notify_url": url}))

    assert found.notify_url == url
