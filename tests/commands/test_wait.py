"""``alembic-zdt wait``: until the database is ready for this code."""

from __future__ import annotations

import asyncio
import re
import socket
import time

import pytest
from sqlalchemy import NullPool

from alembic_zdt import aio
from alembic_zdt.commands.wait import wait
from alembic_zdt.errors import NotReadyError, UsageError
from tests.support.project import Project

SOON = 30.0
"""Seconds; drivers by themselves wait for a minute and longer."""

EXPAND = 'op.expand_drop_column("users", "email")'
CONTRACT = 'op.contract_drop_column("users", "email")'


@pytest.fixture
def history(db, project):
    """One revision of each phase."""
    db.execute("CREATE TABLE users (id int, email text)")
    project.revision("r1", EXPAND)
    project.revision("r2", 'op.backfill("users", {"email": "\'x\'"})')
    project.revision("r3", CONTRACT)
    return project


def reason(project, **options):
    """Why it is not ready, None when it is."""
    try:
        wait(project.config(), "0s", **options)
    except NotReadyError as error:
        return str(error.detail)
    return None


def test_until_the_heads(history):
    assert "the database is at none, expected is r3" in reason(history)
    history.upgrade("r2")
    assert "the database is at r2, expected is r3" in reason(history)
    history.upgrade()
    assert reason(history) is None


def test_new_code_needs_expand_and_migrate(history):
    """What ends may come later."""
    said = reason(history, compatible=True)
    assert "expand revision r1 (r1) is missing" in said
    assert "migrate revision r2 (r2) is missing" in said
    history.upgrade("r1")
    said = reason(history, compatible=True)
    assert said.endswith(": migrate revision r2 (r2) is missing.")
    history.upgrade("r2")
    assert reason(history, compatible=True) is None
    history.upgrade()
    assert reason(history, compatible=True) is None


def test_old_code_runs_until_the_contract(db, history):
    """After a rollback of the deploy, when the files of the new code are gone."""
    history.upgrade("r2")
    files = {path.name: path for path in history.scripts()}
    texts = {name: path.read_text() for name, path in files.items()}
    files["r2_.py"].unlink()
    files["r3_.py"].unlink()
    assert reason(history, compatible=True) is None
    assert "the database is at r2, expected is r1" in reason(history)

    for name in ("r2_.py", "r3_.py"):
        history.write(files[name], texts[name])
    history.upgrade()
    for name in ("r2_.py", "r3_.py"):
        files[name].unlink()

    said = reason(history, compatible=True)
    assert "newer code has run contract r3, after which this code may fail" in said
    db.execute("DELETE FROM alembic_zdt_revision")
    said = reason(history, compatible=True)
    assert (
        'revision "r3" was applied by newer code, and neither this code nor the log '
        "of revisions tells what it changed"
    ) in said
    assert said.endswith("run with the newer code: alembic-zdt downgrade r1.")
    assert "missing" not in said


PLAIN = 'op.add_column("users", sa.Column("{0}", sa.Text()))'


@pytest.fixture
def two_releases(db, project, tmp_path):
    """The project of the newer release, and that of the older one."""
    db.execute("CREATE TABLE users (id int, email text)")
    older = Project(tmp_path / "older", db)
    for each in (project, older):
        each.revision("r1", PLAIN.format("fax"))
        each.revision("r2", PLAIN.format("phone"))
    yield project, older
    older.close()


def test_old_code_finds_its_plain_revisions_below_newer_ones(db, two_releases, driver):
    """They were applied before there was a log, which begins with the newer code."""
    newer, older = two_releases
    newer.revision("r3", "pass", variables={"zdt_phase": "expand"})
    newer.revision("r4", PLAIN.format("mobile"))
    newer.upgrade()

    assert reason(older, compatible=True) is None

    db.execute("ALTER TABLE alembic_zdt_revision DROP COLUMN down_revisions")
    said = reason(older, compatible=True)
    assert "expand revision r2 (r2) is missing, or was applied before the log" in said
    shown = newer.cli("history", "--indicate-current").ok().stdout
    assert "r3 -> r4 (current), r4" in " ".join(shown.replace("(head) ", "").split())
    newer.revision("r5", 'op.drop_column("users", "fax")')
    newer.upgrade(x=["zdt.guard=off"])
    said = reason(older, compatible=True)
    assert "newer code has run contract r5, after which this code may fail" in said


def test_plain_revision_of_newer_code_that_no_log_knows(two_releases):
    """Nothing of this code is called missing, for all that is known."""
    newer, older = two_releases
    newer.revision("r3", PLAIN.format("mobile"))
    newer.upgrade()

    said = reason(older, compatible=True)

    assert 'revision "r3" was applied by newer code, and neither this code' in said
    assert "start this code without waiting" in said
    assert said.endswith("alembic-zdt downgrade r2.")
    assert "missing" not in said
    newer.cli("downgrade", "r2", module="alembic_zdt").ok()
    assert reason(older, compatible=True) is None


def test_code_of_another_branch_misses_its_own_revision(two_releases):
    newer, older = two_releases
    older.revision("b1", "pass")
    newer.revision("r3", "pass", variables={"zdt_phase": "expand"})
    newer.upgrade()

    assert reason(older, compatible=True).endswith(
        ": expand revision b1 (b1) is missing."
    )


@pytest.fixture
def renaming(db, project):
    """A rename whose files are there and whose rows are not filled."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO users VALUES (1, 'a')")
    project.revision("r0", "pass", variables={"zdt_phase": "expand"})
    project.revision("r1", 'op.expand_rename_column("users", "email", "mail")')
    project.upgrade()
    return project


def test_new_code_needs_the_new_column_filled(db, renaming):
    """Also where no revision that fills it was written yet."""
    said = reason(renaming, compatible=True)
    assert f"not every row of {db.schema}.users is proven" in said
    assert '"email" and "mail"' in said

    renaming.revision("r2", 'op.migrate_rename_column("users", "email", "mail")')
    renaming.upgrade()
    assert reason(renaming, compatible=True) is None


def test_old_code_does_not_need_the_column_of_newer_code(db, renaming):
    """Its window is no concern of code that does not know it."""
    (renaming.versions / "r1_.py").unlink()

    assert reason(renaming, compatible=True) is None


def test_new_code_needs_backfills_that_are_left_to_workers(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO users VALUES (1, NULL)")
    call = """op.backfill("users", {"email": "'x'"}, where="email IS NULL", {mode})"""
    project.revision("r1", call.replace("{mode}", 'mode="background"'))
    project.upgrade()

    said = reason(project, compatible=True)
    assert re.search(r'backfill "\S+" of revision r1 is queued', said)

    project.cli("backfill", "run", module="alembic_zdt").ok()
    assert reason(project, compatible=True) is None


def test_new_code_needs_its_constraints_validated(db, project):
    """One that the project leaves NOT VALID is not waited for."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    create = 'op.create_check_constraint_two_phase("{0}", "users", "id > 0"{1})'
    project.revision("r1", create.format("positive", ""))
    project.revision("r2", create.format("left", ", validate=False"))
    project.upgrade()
    assert reason(project, compatible=True) is None

    db.execute("ALTER TABLE users DROP CONSTRAINT positive")
    db.execute("ALTER TABLE users ADD CONSTRAINT positive CHECK (id > 0) NOT VALID")
    said = reason(project, compatible=True)
    assert f'constraint "positive" of {db.schema}.users is not validated' in said


def test_it_waits(db, history, driver):
    """In a process of its own, as in an init container."""
    waiting = history.start("wait", "--timeout", "1m", module="alembic_zdt")
    history.upgrade()

    done = waiting.wait()

    assert done.rc == 0, done.output


def test_time_is_over(history):
    done = history.cli("wait", "--timeout", "300ms", module="alembic_zdt")

    assert done.rc == 255
    assert "the database is not ready for this code" in done.output
    assert "After 300ms: the database is at none, expected is r3" in done.output


def test_server_that_does_not_answer_yet(history, driver):
    """Whatever the driver calls that."""
    text = history.ini.read_text()
    url = re.sub(r"(?m)^(sqlalchemy.url = \S+?://)\S+$", r"\1u@127.0.0.1:1/d", text)
    assert url != text
    history.write(history.ini, url)

    assert "no connection" in reason(history)


@pytest.mark.parametrize("timeout", ["5", "long", "-1s"])
def test_no_such_time(history, timeout):
    with pytest.raises(UsageError, match="--timeout is"):
        wait(history.config(), timeout)


def test_squashed_history_is_no_newer_code(db, history):
    """The log still has the contracts of files that are gone."""
    history.upgrade()
    for path in history.scripts():
        path.unlink()
    history.last = None
    history.revision("r9", "pass")
    db.execute("UPDATE alembic_version SET version_num = 'r9'")

    assert reason(history) is None
    assert reason(history, compatible=True) is None


def test_another_service_in_the_same_schema(db, history, tmp_path):
    """Its contracts, in a version table of its own, end nothing here."""
    other = Project(tmp_path / "other", db)
    other.configure(version_table="shop_version")
    db.execute("CREATE TABLE orders (id int, total int)")
    other.revision("s1", 'op.expand_drop_column("orders", "total")')
    other.revision("s2", 'op.contract_drop_column("orders", "total")')
    other.upgrade()
    other.close()
    history.upgrade("r2")
    for name in ("r2_.py", "r3_.py"):
        (history.versions / name).unlink()

    assert reason(history, compatible=True) is None


@pytest.fixture
def silent():
    """A port that accepts connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_server_that_says_nothing_is_not_waited_for_longer(
    project, driver, silent, monkeypatch
):
    """Each look ends with the time; asyncpg alone would take a minute."""
    for name in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        monkeypatch.delenv(name, raising=False)
    project.write(project.env, "from alembic_zdt import env\nenv.run()\n")
    text = project.ini.read_text()
    url = re.sub(
        r"(?m)^(sqlalchemy.url = \S+?://)\S+$", rf"\1u@127.0.0.1:{silent}/d", text
    )
    project.write(project.ini, url)
    began = time.monotonic()

    assert "no connection" in reason(project)

    assert time.monotonic() - began < SOON


@pytest.mark.parametrize("dialect", ["psycopg", "asyncpg"])
def test_in_a_loop_neither(project, dialect, silent):
    """Also where the engine is the application's own."""
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251

    engine = create_async_engine(
        f"postgresql+{dialect}://u@127.0.0.1:{silent}/d", poolclass=NullPool
    )
    began = time.monotonic()

    async def waiting():
        with pytest.raises(NotReadyError, match="not ready") as raised:
            await aio.wait(engine, timeout="300ms", config=project.config())
        return raised.value

    assert "no connection" in asyncio.run(waiting()).detail
    assert time.monotonic() - began < SOON


def test_locked_version_table(db, history, driver):
    """It is not waited for longer than the time is."""
    history.upgrade()

    with db.holding("LOCK TABLE alembic_version"):
        assert "the version table is locked" in reason(history)

    assert reason(history) is None
