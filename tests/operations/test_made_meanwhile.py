"""What somebody makes while a step waits for its locks is refused or taken along."""

from __future__ import annotations

import threading

import pytest

from alembic_zdt.catalog import activity
from alembic_zdt.errors import DependentObjectsError, PreconditionError, ZdtError
from tests.operations.test_skips import run_online

TABLES = (
    "CREATE TABLE users (id int PRIMARY KEY, name text, extra int, age int)",
    "CREATE TABLE others (id int PRIMARY KEY, user_id int)",
    (
        "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN NEW; END'"
    ),
)
BOTH_NAMES = (
    "op.expand_rename_column('users', 'name', 'title')\n"
    "op.migrate_rename_column('users', 'name', 'title')"
)
RENAMED = "op.contract_rename_column('users', 'name', 'title')"
BOTH_TYPES = (
    "op.expand_alter_column_type('users', 'extra', sa.BigInteger())\n"
    "op.migrate_alter_column_type('users', 'extra', sa.BigInteger())"
)
RETYPED = "op.contract_alter_column_type('users', 'extra', sa.BigInteger())"
TWO_TABLES = "op.expand_rename_table('users', 'people')"
ONE_TABLE = "op.contract_rename_table('users', 'people')"
DROPPED = "op.contract_drop_column('users', 'extra')"
GRANTED = (
    "(SELECT has_column_privilege('zdt_reader', to_regclass('users'), '{}', 'SELECT'))"
)

REFUSED = {
    "drop-index": (DROPPED, "CREATE INDEX ON users (extra, name)"),
    "drop-check": (DROPPED, "ALTER TABLE users ADD CHECK (extra > age)"),
    "drop-view": (DROPPED, "CREATE VIEW v AS SELECT extra FROM users"),
    "drop-statistics": (DROPPED, "CREATE STATISTICS s ON extra, age FROM users"),
    "drop-policy": (DROPPED, "CREATE POLICY p ON users USING (extra > 0)"),
    "drop-rule": (
        DROPPED,
        "CREATE RULE r AS ON UPDATE TO users WHERE new.extra > 0 DO NOTHING",
    ),
    "drop-trigger": (
        DROPPED,
        (
            "CREATE TRIGGER t BEFORE UPDATE OF extra ON users"
            " FOR EACH ROW EXECUTE FUNCTION noted()"
        ),
    ),
    "drop-generated": (
        DROPPED,
        "ALTER TABLE users ADD COLUMN g int GENERATED ALWAYS AS (extra + 1) STORED",
    ),
    "drop-key": (
        "op.contract_drop_table('users')",
        "ALTER TABLE others ADD FOREIGN KEY (user_id) REFERENCES users",
    ),
    "drop-table-view": (
        "op.contract_drop_table('users')",
        "CREATE VIEW v AS SELECT * FROM users",
    ),
    "rename-index": (RENAMED, "CREATE INDEX ON users (title)"),
    "rename-check": (RENAMED, "ALTER TABLE users ADD CHECK (title <> '')"),
    "rename-view": (RENAMED, "CREATE VIEW v AS SELECT title FROM users"),
    "rename-trigger": (
        RENAMED,
        (
            "CREATE TRIGGER t BEFORE UPDATE OF title ON users"
            " FOR EACH ROW EXECUTE FUNCTION noted()"
        ),
    ),
    "retype-view": (RETYPED, "CREATE VIEW v AS SELECT extra FROM users"),
    "retype-policy": (RETYPED, "CREATE POLICY p ON users USING (extra > 0)"),
    "expand-trigger": (
        "op.expand_rename_column('users', 'name', 'title')",
        (
            "CREATE TRIGGER zzzz BEFORE UPDATE ON users"
            " FOR EACH ROW EXECUTE FUNCTION noted()"
        ),
    ),
    "table-view": (ONE_TABLE, "CREATE VIEW v AS SELECT * FROM users"),
    "table-grant": (ONE_TABLE, "GRANT SELECT ON users TO zdt_reader"),
    "table-column-grant": (ONE_TABLE, "GRANT SELECT (id) ON users TO zdt_reader"),
    "drop-own-view-grant": (
        "op.contract_drop_column('people', 'extra')",
        "GRANT SELECT ON users TO zdt_reader",
    ),
}
KEPT = {
    "drop-index-alone": (
        DROPPED,
        "CREATE INDEX alone ON users (extra)",
        "to_regclass('alone') IS NULL",
    ),
    "rename-old-index": (
        RENAMED,
        "CREATE INDEX kept ON users (name)",
        "pg_get_indexdef(to_regclass('kept')) LIKE '%(title)'",
    ),
    "rename-grant": (
        RENAMED,
        "GRANT SELECT (title) ON users TO zdt_reader",
        GRANTED.format("title"),
    ),
    "retype-index": (
        RETYPED,
        "CREATE INDEX kept ON users (extra)",
        "pg_get_indexdef(to_regclass('kept')) LIKE '%(extra)'",
    ),
    "retype-check": (
        RETYPED,
        "ALTER TABLE users ADD CONSTRAINT kept CHECK (extra > 0)",
        "EXISTS (SELECT FROM pg_constraint WHERE conname = 'kept')",
    ),
    "retype-grant": (
        RETYPED,
        "GRANT SELECT (extra) ON users TO zdt_reader",
        GRANTED.format("extra"),
    ),
    "retype-default": (
        RETYPED,
        "ALTER TABLE users ALTER extra SET DEFAULT 7",
        (
            "(SELECT atthasdef FROM pg_attribute WHERE attname = 'extra'"
            " AND attrelid = 'users'::regclass)"
        ),
    ),
    "retype-comment": (
        RETYPED,
        "COMMENT ON COLUMN users.extra IS 'ours'",
        (
            "(SELECT col_description(attrelid, attnum) = 'ours' FROM pg_attribute"
            " WHERE attname = 'extra' AND attrelid = 'users'::regclass)"
        ),
    ),
    "retype-not-null": (
        RETYPED,
        "ALTER TABLE users ALTER extra SET NOT NULL",
        (
            "(SELECT attnotnull FROM pg_attribute WHERE attname = 'extra'"
            " AND attrelid = 'users'::regclass)"
        ),
    ),
    "expand-grant": (
        "op.expand_rename_column('users', 'name', 'title')",
        "GRANT SELECT (name) ON users TO zdt_reader",
        GRANTED.format("title"),
    ),
}
BEFORE = {
    RENAMED: BOTH_NAMES,
    RETYPED: BOTH_TYPES,
    ONE_TABLE: TWO_TABLES,
    "op.contract_drop_column('people', 'extra')": TWO_TABLES,
}


@pytest.fixture
def tables(db, admin):
    """Make the tables, and a role that may read what it is granted."""
    for statement in TABLES:
        db.execute(statement)
    admin.execute(
        "DO $$ BEGIN CREATE ROLE zdt_reader;"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    return db


def run_while_waiting(db, monkeypatch, call, statement):
    """Run *call*; when it waits for its lock, run *statement* in another session."""
    if call in BEFORE:
        for each in BEFORE[call].splitlines():
            run_online(db, each)
    waits = threading.Event()
    holders = activity.holders

    def told(database, targets):
        found = holders(database, targets)
        if found:
            waits.set()
        return found

    monkeypatch.setattr(activity, "holders", told)
    failures = []

    def run():
        try:
            run_online(db, call)
        except ZdtError as error:
            failures.append(error)

    with db.holding("SELECT 1 FROM users") as other:
        worker = threading.Thread(target=run)
        worker.start()
        assert waits.wait(20)
        other.execute(statement)
        other.execute("COMMIT")
    worker.join(30)
    assert not worker.is_alive()
    return failures


@pytest.mark.parametrize(("call", "statement"), REFUSED.values(), ids=REFUSED)
def test_what_would_be_lost_is_refused(tables, monkeypatch, call, statement):
    """The lock is given back, and nothing is changed."""
    (failure,) = run_while_waiting(tables, monkeypatch, call, statement)

    assert isinstance(failure, DependentObjectsError | PreconditionError)
    assert failure.detail


@pytest.mark.parametrize(("call", "statement", "kept"), KEPT.values(), ids=KEPT)
def test_what_can_be_taken_along_is(tables, monkeypatch, call, statement, kept):
    """The steps are computed again, with what is there now."""
    assert run_while_waiting(tables, monkeypatch, call, statement) == []

    assert tables.is_true(f"SELECT {kept}")
