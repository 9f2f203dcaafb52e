"""Triggers and rules of a table fire for the rows of a backfill, or are skipped."""

from __future__ import annotations

import logging
from itertools import cycle

import pytest

from alembic_zdt.errors import PreconditionError, UsageError
from tests.support.choice import DRIVERS
from tests.support.roles import role, run_as

TABLE = (
    "CREATE TABLE t (id int PRIMARY KEY, email text, filled text, version int"
    " NOT NULL DEFAULT 1); INSERT INTO t SELECT g, 'E' || g FROM"
    " generate_series(1, 20) g; CREATE TABLE audit (t_id int)"
)
TOUCH = (
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN NEW.version := OLD.version + 1; RETURN NEW; END $$;"
    " CREATE TRIGGER t_touch BEFORE UPDATE ON t"
    " FOR EACH ROW EXECUTE FUNCTION touch()"
)
RULE = "CREATE RULE t_audit AS ON UPDATE TO t DO ALSO INSERT INTO audit VALUES (OLD.id)"
BACKFILL = "op.backfill('t', {{'filled': 'lower(email)'}}{})"
RENAME = "op.expand_rename_column('t', 'email', 'mail')"
CALLS = {
    "backfill": BACKFILL,
    "by-key": BACKFILL.replace("{}", ", key='id'{}"),
    "rename": f"{RENAME}\nop.migrate_rename_column('t', 'email', 'mail'{{}})",
    "type": (
        "op.expand_alter_column_type('t', 'email', sa.String(9))\n"
        "op.migrate_alter_column_type('t', 'email', sa.String(9){})"
    ),
    "add-column": (
        "op.expand_add_column('t', sa.Column('more', sa.Text()), backfill='email'{})"
    ),
}
IN_TURNS = zip(CALLS.values(), cycle(DRIVERS), strict=False)
SEEN = "trigger t_touch calls touch() BEFORE UPDATE, for each row"
RULED = "rule t_audit is applied to each batch"


@pytest.fixture
def table(db):
    """A table with a trigger."""
    for statement in (TABLE, TOUCH):
        db.execute(statement)


def effects(db):
    """How many rows have another version, and how many are in the audit table."""
    touched = db.value("SELECT count(*) FROM t WHERE version > 1")
    return touched, db.value("SELECT count(*) FROM audit")


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("call", "driver"), [*IN_TURNS], ids=CALLS)
def test_skipped_triggers_leave_no_trace(db, project, driver, caplog, call):
    db.execute(RULE)
    project.revision("r1", call.format(", triggers='skip'"))

    with caplog.at_level(logging.INFO, "alembic_zdt"):
        project.upgrade()

    assert effects(db) == (0, 0)
    assert f"skips these for each row or batch: {SEEN}; {RULED}" in caplog.text
    assert db.value("SHOW session_replication_role") == "origin"


@pytest.mark.usefixtures("table")
def test_who_has_not_chosen_is_warned_before_the_first_row(db, project, caplog):
    project.revision("r1", BACKFILL.format(""))
    advice = 'choose triggers="skip" or triggers="fire"'

    assert SEEN in project.start("plan", module="alembic_zdt").said
    with caplog.at_level(logging.INFO, "alembic_zdt"):
        project.upgrade()

    assert effects(db)[0] == 20
    (warning,) = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert SEEN in warning.getMessage()
    assert advice in warning.getMessage()


@pytest.mark.usefixtures("table")
def test_who_has_chosen_is_not_warned(db, project, caplog):
    project.revision("r1", BACKFILL.format(", triggers='fire'"))

    with caplog.at_level(logging.INFO, "alembic_zdt"):
        project.upgrade()

    assert effects(db)[0] == 20
    assert SEEN in caplog.text
    assert not [r for r in caplog.records if r.levelno == logging.WARNING]


@pytest.mark.usefixtures("table")
def test_rules_can_only_be_skipped(db, project):
    db.execute(RULE)
    project.revision("r1", BACKFILL.format(", triggers='fire'"))

    with pytest.raises(PreconditionError) as caught:
        project.upgrade()

    assert RULED in caught.value.detail
    assert 'Write triggers="skip"' in caught.value.hint
    assert effects(db) == (0, 0)


@pytest.mark.usefixtures("table")
def test_a_setting_chooses_where_the_call_does_not(db, project):
    project.settings(backfill_triggers="skip")
    project.revision("r1", BACKFILL.format(""))
    project.revision(
        "r2",
        "op.backfill('t', {'filled': \"'x'\"}, triggers='fire',"
        " where=\"filled <> 'x'\")",
    )

    project.upgrade("r1")
    assert effects(db) == (0, 0)

    project.upgrade()
    assert effects(db)[0] == 20


@pytest.mark.usefixtures("table")
def test_a_worker_keeps_what_was_chosen_when_it_was_queued(db, project):
    project.settings(backfill_triggers="skip")
    project.revision("r1", BACKFILL.format(", mode='background'"))
    project.upgrade()
    project.settings(backfill_triggers="warn")

    done = project.start("backfill", "run", module="alembic_zdt").wait().ok()

    assert effects(db) == (0, 0), done.output
    assert db.value("SELECT count(*) FROM t WHERE filled IS NULL") == 0


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("key", ["", ", key='id'"], ids=["pages", "key"])
def test_a_script_skips_them_too(db, project, key):
    project.revision("r1", BACKFILL.format(f"{key}, triggers='skip'"))

    project.psql(project.sql()).ok()

    assert effects(db) == (0, 0)
    assert db.value("SELECT count(*) FROM t WHERE filled IS NULL") == 0


NEEDED = {
    "refers": (
        (
            "CREATE TABLE o (name text PRIMARY KEY); ALTER TABLE t ADD CONSTRAINT fk"
            " FOREIGN KEY (filled) REFERENCES o"
        ),
        "constraint fk of t would not be checked",
    ),
    "is-referred-to": (
        (
            "ALTER TABLE t ADD UNIQUE (filled); CREATE TABLE o (name text"
            " CONSTRAINT fk REFERENCES t (filled))"
        ),
        "constraint fk of o would not be checked",
    ),
    "deferrable": (
        "ALTER TABLE t ADD CONSTRAINT u UNIQUE (filled) DEFERRABLE",
        "constraint u of t would not be checked",
    ),
    "replica-trigger": (
        "ALTER TABLE t ENABLE REPLICA TRIGGER t_touch",
        "trigger t_touch of t is ENABLE REPLICA and would fire",
    ),
    "sync-trigger": (
        (
            "CREATE TRIGGER zzz_zdt_sync_t BEFORE UPDATE ON t"
            " FOR EACH ROW EXECUTE FUNCTION touch()"
        ),
        "trigger zzz_zdt_sync_t of t keeps two columns equal and is not ENABLE ALWAYS",
    ),
    "instead": (
        "CREATE RULE n AS ON UPDATE TO t WHERE OLD.id < 0 DO INSTEAD NOTHING",
        "rule n of t is DO INSTEAD",
    ),
}


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("setup", "why"), NEEDED.values(), ids=NEEDED)
def test_what_must_not_be_skipped_is_said_before_a_row_is_changed(
    db, project, setup, why
):
    db.execute(setup)
    project.revision("r1", BACKFILL.format(", triggers='skip'"))

    assert why in project.psql(project.sql()).output
    with pytest.raises(PreconditionError) as caught:
        project.upgrade()

    assert why in caught.value.detail
    assert db.value("SELECT count(*) FROM t WHERE filled IS NOT NULL") == 0


@pytest.mark.usefixtures("table")
def test_a_role_without_the_right_is_told_what_it_needs(db, project):
    project.revision("r1", BACKFILL.format(", triggers='skip'"))
    with role(db, "owner") as name:
        db.execute(f"ALTER TABLE t OWNER TO {name}")
        run_as(project, name)
        grant = f"GRANT SET ON PARAMETER session_replication_role TO {name}"

        with pytest.raises(PreconditionError) as caught:
            project.upgrade()

        assert "permission denied to set parameter" in caught.value.detail
        assert f"Run {grant};" in caught.value.hint
        if int(db.value("SHOW server_version_num")) >= 150000:
            db.execute(grant)
            project.upgrade()
            db.execute(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "))
            assert effects(db) == (0, 0)
            assert db.value("SELECT count(*) FROM t WHERE filled IS NULL") == 0


@pytest.mark.usefixtures("table")
def test_a_trigger_of_other_columns_is_not_named(db, project, caplog):
    db.execute("DROP TRIGGER t_touch ON t")
    db.execute(
        "CREATE TRIGGER of_email BEFORE UPDATE OF email ON t"
        " FOR EACH ROW EXECUTE FUNCTION touch()"
    )
    project.revision("r1", BACKFILL.format(""))

    with caplog.at_level(logging.INFO, "alembic_zdt"):
        project.upgrade()

    assert "of_email" not in caplog.text
    assert effects(db) == (0, 0)


def test_a_third_word_is_refused(project):
    project.revision("r1", BACKFILL.format(", triggers='none'"))

    with pytest.raises(UsageError, match='triggers="none" of a backfill is neither'):
        project.upgrade()
