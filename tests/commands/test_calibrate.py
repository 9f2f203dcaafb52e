"""``alembic-zdt calibrate`` measures, stores, and leaves no scratch table."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.calibrate import calibrate
from alembic_zdt.errors import ForeignOwnerError, LockNotAvailableError, UsageError
from tests.commands.planning import planned, steps_of
from tests.support.roles import role

ROWS = 160_000  # just large enough to be measured
SCRATCH = "SELECT count(*) FROM pg_class WHERE starts_with(relname, 'alembic_zdt_scr')"
KIND_AND_SOURCE = "SELECT kind, source FROM alembic_zdt_step ORDER BY kind"
KINDS = ("backfill", "foreign key validation", "index build", "validation")
TABLE = """
CREATE TABLE users (id int, email text);
INSERT INTO users SELECT n, 'someone' FROM generate_series(1, 1000) n"""
INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'


def test_each_kind_of_work_is_measured_and_nothing_else_stays(db, project):
    db.execute(TABLE)
    project.revision("r1", INDEX)
    # A run that was killed has left this.
    db.execute("CREATE TABLE alembic_zdt_scratch (other int)")

    done = project.cli("calibrate", "--rows", str(ROWS), module="alembic_zdt")

    assert db.rows(KIND_AND_SOURCE) == [(kind, "calibrate") for kind in KINDS]
    assert db.value(SCRATCH) == 0
    assert db.value("SELECT count(*) FROM alembic_zdt_backfill") == 0
    assert not db.exists("alembic_version")
    lines = done.stdout.splitlines()
    assert sorted(line.partition(":")[0] for line in lines) == list(KINDS)
    assert all(f"{ROWS:,} rows" in line for line in lines)
    (estimate,) = [each["estimate"] for each in steps_of(planned(project))][1:]
    assert (estimate["source"], estimate["measured"]) == ("calibration", 1)


def test_a_second_process_does_not_measure_beside_the_first(db, project):
    with db.session() as other:
        other.execute("SELECT pg_advisory_lock(x'7a6474'::int, x'63616c'::int)")
        with pytest.raises(LockNotAvailableError, match="another process calibrates"):
            calibrate(project.config(), ROWS)
    assert db.value(SCRATCH) == 0


def test_table_of_another_role_is_not_dropped(db, project):
    with role(db, "stranger") as name:
        db.execute("CREATE TABLE alembic_zdt_scratch (theirs int)")
        db.execute(f"GRANT INSERT ON alembic_zdt_scratch TO {name}")

        with pytest.raises(ForeignOwnerError, match="may write it"):
            calibrate(project.config(), ROWS)

        assert db.exists("alembic_zdt_scratch")


@pytest.mark.parametrize("reason", ["too few rows", "no table"])
def test_what_could_not_be_stored_is_not_measured(db, project, reason):
    project.settings(step_table="" if reason == "no table" else "steps")

    with pytest.raises(UsageError, match="cannot calibrate"):
        calibrate(project.config(), ROWS if reason == "no table" else 1000)

    assert db.value(SCRATCH) == 0
