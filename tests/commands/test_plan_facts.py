"""``plan --facts`` plans like the database from which the facts come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alembic_zdt.commands.plan import make_plan
from alembic_zdt.commands.plan_output import as_json
from alembic_zdt.errors import UsageError
from alembic_zdt.estimates.step_history import LEAST_BYTES, table_of
from tests.commands.planning import (
    cli_json,
    planned,
    revisions_of,
    steps_of,
    without_server,
)
from tests.facts.exporting import exported, in_file, of_one, shop

# Of a text, statistics have the width as a whole number, and a sample has it exactly.
CALLS = {
    "index": 'op.create_index_concurrently("ix", "users", ["age"])',
    "index of a partitioned table": (
        'op.create_index_concurrently("ix", "events", ["body"])'
    ),
    "proven NOT NULL": 'op.add_not_null_two_phase("users", "age")',
    "NOT NULL": 'op.add_not_null_two_phase("orders", "user_id")',
    "NOT NULL of a partitioned table": 'op.add_not_null_two_phase("events", "body")',
    "validation": 'op.validate_constraint("of_user", "orders")',
    "check": 'op.create_check_constraint_two_phase("ck", "orders", "id > 0")',
    "foreign key": (
        'op.create_foreign_key_two_phase("fk", "orders", "users", ["id"], ["id"])'
    ),
    "unique": 'op.create_unique_constraint_concurrently("uq", "orders", ["id"])',
    "rebuilt index": 'op.reindex_concurrently("ix_user")',
    "backfill": 'op.backfill("orders", {"user_id": "id"})',
    "backfill with a condition": (
        'op.backfill("orders", {"user_id": "1"}, where="user_id IS NULL")'
    ),
    "new column": 'op.expand_add_column("users", sa.Column("sum", sa.Integer()))',
}


def with_facts(project, facts, wanted=None, **options):
    """The plan from facts, as plain data."""
    return as_json(make_plan(project.config(), wanted, facts=facts, **options))


def comparable(plan):
    """What a database and its facts have in common, of each step."""
    keys = ("purpose", "statements", "locks", "scans", "transaction", "estimate")
    return [{key: step[key] for key in keys} for step in steps_of(plan)]


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_steps_and_estimates_are_those_of_the_database(db, project, driver, call):
    """Each call is planned on one driver."""
    shop(db)
    project.revision("r1", call)
    asked = planned(project)

    facts = exported(project)
    found = with_facts(project, facts)

    assert comparable(found) == comparable(asked)
    assert (found["asked"], found["facts"]) == (False, facts.exported_at)


def test_hashed_names_have_estimates(db, project):
    shop(db)
    project.revision("r1", CALLS["index"])
    asked = planned(project)

    found = with_facts(project, exported(project, anonymous=True))

    assert [each["estimate"] for each in steps_of(found)] == [
        each["estimate"] for each in steps_of(asked)
    ]


def test_steps_that_ran_count(db, project):
    """Without a server the estimate is the one from this server's history."""
    shop(db)
    project.revision("r1", CALLS["index"])
    project.upgrade()
    db.execute(table_of("alembic_zdt_step", None, None).create())
    columns = "kind, purpose, source, seconds, table_bytes, table_rows, chosen_rows"
    db.execute(
        f"INSERT INTO alembic_zdt_step ({columns}, stored_bytes, indexes, other_bytes)"
        f" VALUES ('index build', 'x', 'run', 4.5, {LEAST_BYTES}, 10, 10, 99, 1, 0)"
    )
    project.revision("r2", 'op.create_index_concurrently("ix_2", "orders", ["id"])')
    asked = planned(project)
    facts = exported(project)
    without_server(project)

    found = with_facts(project, facts)

    assert revisions_of(found) == ["r2"]
    assert comparable(found) == comparable(asked)
    assert steps_of(found)[1]["estimate"]["source"] == "history"


def test_command_tells_once_that_facts_were_used(db, project, driver):
    shop(db)
    project.revision("r1", CALLS["index"])
    project.cli("facts", "export", "-o", "facts.json", module="alembic_zdt").ok()
    without_server(project)

    plan, stderr = cli_json(project, "--facts", "facts.json")

    assert plan["facts"][:10] in stderr
    assert stderr.count("no database was asked") == 1
    assert "WARNING" not in stderr
    assert steps_of(plan)[1]["estimate"]["table_rows"] == 1000


def test_command_warns_of_old_facts(db, project):
    project.revision("r1", "pass")
    old = replace(exported(project), exported_at="2020-02-03T04:05:06+00:00")
    in_file(old, project.ini.with_name("facts.json"))

    _, stderr = cli_json(project, "--facts", "facts.json")

    age = "WARNING: the facts are older than 7 days"
    assert f"{age}: steps and estimates may be wrong\n" in stderr


@pytest.mark.parametrize(
    "call",
    [
        'op.backfill("users", {"email": "lower(email)"}, where="age > 5")',
        'op.create_index_concurrently("ix", "users", [sa.text("lower(email)")])',
        'op.create_index_concurrently("ix", "adults", ["id"])',
    ],
)
def test_what_facts_do_not_tell_has_no_estimate(db, project, call):
    shop(db)
    project.revision("r1", call)

    found = with_facts(project, exported(project))

    assert {each["estimate"] for each in steps_of(found)} == {None}


def test_missing_table_is_told(db, project):
    shop(db)
    project.revision("r1", 'op.create_index_concurrently("ix", "no_table", ["id"])')

    (revision,) = with_facts(project, exported(project))["revisions"]

    (operation,) = revision["operations"]
    assert operation["note"].startswith("not compared with the facts: ")


def test_facts_of_another_branch(db, project):
    project.revision("r1", "pass")
    facts = of_one(exported(project), revisions=("r9",))

    with pytest.raises(UsageError, match='of the revision "r9", which has no file'):
        with_facts(project, facts)


def test_range_with_both_ends_uses_no_facts(db, project):
    project.revision("r1", "pass")

    with pytest.raises(UsageError, match='cannot use facts for the range "base:r1"'):
        with_facts(project, exported(project), "base:r1")


def test_downgrade_begins_where_the_database_was(db, project):
    project.revision("r1", "pass")
    project.upgrade()
    project.revision("r2", "pass")
    facts = exported(project)
    without_server(project)

    assert revisions_of(with_facts(project, facts, "-1", downgrade=True)) == ["r1"]


def test_broken_file_is_an_error_with_its_exit_code(project):
    project.revision("r1", "pass")
    project.write(project.ini.with_name("facts.json"), "{}")

    done = project.cli("plan", "--facts", "facts.json", module="alembic_zdt")

    assert done.rc == 255
    assert done.stdout.startswith('FAILED: cannot read the facts "facts.json"')
