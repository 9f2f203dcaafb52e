"""A replay that stopped half-way is finished by the next one, or says what to run."""

from __future__ import annotations

import psycopg
import pytest

from tests.runner.script.scripts import (
    replay_through_driver,
    send,
    without_versions,
)

INDEX = 'op.create_index_concurrently("ix_users_email", "users", ["email"])'


@pytest.fixture
def users(db):
    """A table with a few rows."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 50) n")


def invalidate(db, index):
    db.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(%s)",
        index,
    )


def test_psql_replay_rebuilds_an_invalid_leftover(db, project, users):
    """The leftover of an interrupted build is dropped and built again."""
    db.execute("CREATE INDEX ix_users_email ON users (email)")
    invalidate(db, "ix_users_email")
    project.revision("r1", INDEX)

    project.psql(project.sql(flavor="psql")).ok()

    assert db.index("ix_users_email").is_valid
    assert project.current == ["r1"]


def test_psql_replay_rebuilds_a_leftover_of_another_definition(db, project, users):
    """What is INVALID is nobody's: it does not refuse the name."""
    db.execute("CREATE INDEX ix_users_email ON users (id)")
    invalidate(db, "ix_users_email")
    project.revision("r1", INDEX)

    project.psql(project.sql(flavor="psql")).ok()

    assert db.index("ix_users_email").definition.endswith("(email)")
    assert db.index("ix_users_email").is_valid


def test_plain_replay_over_an_invalid_leftover_names_what_to_run(db, project, users):
    """It cannot drop conditionally, so it refuses, and builds nothing on top."""
    db.execute("CREATE INDEX ix_users_email ON users (email)")
    invalidate(db, "ix_users_email")
    project.revision("r1", INDEX)

    replay = project.psql(project.sql(flavor="plain"))

    assert replay.rc == 3
    assert _without_context(replay.stderr) == (
        'ERROR:  could not drop the INVALID index "ix_users_email" of an interrupted '
        "build in a plain script\n"
        "HINT:  Run this by itself, then this script again:"
        " DROP INDEX CONCURRENTLY ix_users_email;\n"
    )
    assert not db.index("ix_users_email").is_valid


def test_psql_replay_finishes_a_replacement_that_lacks_the_old_index(
    db, project, users
):
    """Interrupted between dropping the old index and renaming the new one."""
    db.execute("CREATE INDEX zdt_new_ix_users_email ON users (email, id)")
    project.revision(
        "r1",
        'op.replace_index_concurrently("ix_users_email", "users", ["email", "id"])',
    )

    project.psql(project.sql(flavor="psql")).ok()

    assert db.indexes("users") == ["ix_users_email", "users_pkey"]


def test_replacement_half_built_with_another_definition_is_refused(db, project, users):
    """The temporary name alone proves nothing."""
    db.execute("CREATE INDEX zdt_new_ix_users_email ON users (id)")
    project.revision(
        "r1",
        'op.replace_index_concurrently("ix_users_email", "users", ["email", "id"])',
    )

    replay = project.psql(project.sql(flavor="psql"))

    assert replay.rc == 3
    assert '"zdt_new_ix_users_email" of users exists with another definition' in (
        replay.stderr
    )


@pytest.mark.parametrize("flavor", ["psql", "plain"])
@pytest.mark.parametrize(
    "half_done",
    [
        pytest.param(
            "ALTER TABLE users ADD CONSTRAINT ck_users_email_not_null"
            " CHECK (email IS NOT NULL) NOT VALID",
            id="check-not-valid",
        ),
        pytest.param(
            "ALTER TABLE users ADD CONSTRAINT ck_users_email_not_null"
            " CHECK (email IS NOT NULL)",
            id="check-valid",
        ),
        pytest.param(
            "ALTER TABLE users ADD CONSTRAINT ck_users_email_not_null"
            " CHECK (email IS NOT NULL); ALTER TABLE users ALTER email SET NOT NULL",
            id="check-not-dropped",
        ),
    ],
)
def test_half_done_not_null_is_finished(db, project, users, flavor, half_done):
    """Wherever it stopped: in the end NOT NULL, and no CHECK is left."""
    db.execute(half_done)
    project.revision("r1", 'op.add_not_null_two_phase("users", "email")')
    script = project.sql(flavor=flavor)

    if flavor == "psql":
        project.psql(script).ok()
    else:
        replay_through_driver(project, script)

    assert db.refuses("INSERT INTO users VALUES (100, NULL)", "23502")
    assert not db.rows(
        "SELECT FROM pg_constraint WHERE contype = 'c' AND conrelid = 'users'::regclass"
    )


@pytest.mark.parametrize("flavor", ["psql", "plain"])
def test_not_valid_foreign_key_is_validated(db, project, users, flavor):
    """Interrupted between ADD ... NOT VALID and VALIDATE."""
    db.execute("CREATE TABLE orders (id int PRIMARY KEY, user_id int)")
    db.execute(
        "ALTER TABLE orders ADD CONSTRAINT fk_orders_user_id"
        " FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID"
    )
    project.revision(
        "r1",
        'op.create_foreign_key_two_phase("fk_orders_user_id", "orders", "users",'
        ' ["user_id"], ["id"])',
    )

    project.psql(project.sql(flavor=flavor)).ok()

    assert db.is_validated("fk_orders_user_id")


def test_psql_replay_finishes_a_partitioned_index(db, project):
    """A partition's index is built already, another one's is an INVALID leftover."""
    db.execute("CREATE TABLE events (id int, body text) PARTITION BY RANGE (id)")
    for number in (0, 1, 2):
        db.execute(
            f"CREATE TABLE events_{number} PARTITION OF events"
            f" FOR VALUES FROM ({number * 10}) TO ({number * 10 + 10})"
        )
    db.execute("CREATE INDEX ix ON ONLY events (body)")
    db.execute("CREATE INDEX ix_events_0 ON events_0 (body)")
    db.execute("CREATE INDEX ix_events_1 ON events_1 (body)")
    db.execute("ALTER INDEX ix ATTACH PARTITION ix_events_0")
    invalidate(db, "ix_events_1")
    project.revision("r1", 'op.create_index_concurrently("ix", "events", ["body"])')

    project.psql(project.sql(flavor="psql")).ok()

    assert db.index("ix").is_valid
    assert db.index("ix_events_1").is_valid
    assert db.column(
        "SELECT inhrelid::regclass::text FROM pg_inherits"
        " WHERE inhparent = 'ix'::regclass ORDER BY 1"
    ) == ["ix_events_0", "ix_events_1", "ix_events_2"]


@pytest.mark.parametrize(
    "call",
    ['op.reindex_concurrently("users_pkey")', 'op.reindex_concurrently(None, "users")'],
    ids=["index", "table"],
)
def test_psql_replay_drops_the_leftover_of_a_reindex(db, project, users, call):
    """An interrupted REINDEX CONCURRENTLY leaves one under another name."""
    db.execute("CREATE INDEX users_pkey_ccnew ON users (id)")
    invalidate(db, "users_pkey_ccnew")
    project.revision("r1", call)

    project.psql(project.sql(flavor="psql")).ok()

    assert db.indexes("users") == ["users_pkey"]


def test_plain_replay_names_the_leftover_of_a_reindex(db, project, users):
    """It cannot drop what it does not know by name."""
    db.execute("CREATE INDEX users_pkey_ccnew ON users (id)")
    invalidate(db, "users_pkey_ccnew")
    project.revision("r1", 'op.reindex_concurrently("users_pkey")')

    replay = project.psql(project.sql(flavor="plain"))

    assert replay.rc == 3
    assert _without_context(replay.stderr) == (
        'ERROR:  cannot reindex index "users_pkey": something else is in the way\n'
        f"DETAIL:  There is: ({db.schema},users_pkey_ccnew)."
        " Wanted: no INVALID index of an interrupted REINDEX\n"
        "HINT:  Change, drop or rename that object, then run the script again.\n"
    )


def _without_context(text):
    return "".join(
        line for line in text.splitlines(True) if not line.startswith("CONTEXT")
    )


def test_timeouts_are_put_back_after_a_second_run_in_the_session(db, project, users):
    """The first one was interrupted between its beginning and its end."""
    db.execute("CREATE INDEX ix_users_email ON users (id)")
    project.revision("r1", INDEX)
    script = without_versions(project.sql(flavor="plain"))
    kept = {"lock_timeout": "4s", "statement_timeout": "1min"}

    with db.session() as session:
        for name, value in kept.items():
            session.execute(f"SET {name} = '{value}'")
        with pytest.raises(psycopg.errors.DuplicateObject):
            send(session.connection, script)
        assert session.value("SHOW lock_timeout") == "0"
        db.execute("DROP INDEX ix_users_email")
        send(session.connection, script)
        found = {name: session.value(f"SHOW {name}") for name in kept}
        session.execute("SET lock_timeout = 0")
        send(session.connection, script)
        last = session.value("SHOW lock_timeout")

    assert found == kept
    assert last == "0"
