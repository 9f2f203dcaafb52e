"""``lint --facts`` finds what it finds with the database of the facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alembic_zdt.commands.lint import lint, lint_files
from alembic_zdt.errors import UsageError
from tests.commands.planning import without_server
from tests.facts.exporting import exported, in_file, of_one, shop
from tests.support.output import parsed

CALLS = {
    "small table": 'op.create_index("ix", "users", ["email"])',
    "proven NOT NULL": 'op.alter_column("users", "age", nullable=False)',
    "NOT NULL": 'op.alter_column("orders", "user_id", nullable=False)',
    "declared NOT NULL": 'op.alter_column("users", "id", nullable=False)',
    "column in another case": 'op.alter_column("users", "AGE", nullable=False)',
    "index": 'op.drop_index("ix_user")',
    "index of a key": 'op.drop_index("users_pkey")',
    "same columns": 'op.create_index_concurrently("ix", "users", ["id"])',
    "foreign key": 'op.create_foreign_key("fk", "orders", "users", ["id"], ["id"])',
    "other types": 'op.create_foreign_key("fk", "orders", "users", ["note"], ["id"])',
    "no index": 'op.create_foreign_key("fk", "orders", "users", ["user_id"], ["id"])',
    "partitioned": (
        "with op.get_context().autocommit_block():\n"
        '    op.create_index("ix", "events", ["day"], postgresql_concurrently=True)'
    ),
    "dropped column": 'op.drop_column("users", "email")',
    "all tables": 'op.execute("REINDEX DATABASE CONCURRENTLY shop")',
    "missing table": 'op.create_index("ix", "no_table", ["email"])',
}


def severities(linted):
    """The severities of the findings."""
    return {found.severity.value for found in linted.findings}


def shown(linted):
    """What the findings are, as plain data."""
    return [found.as_json() for found in linted.findings]


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_findings_are_those_of_the_database(db, project, driver, call):
    """Each call is checked on one driver, and the files of the facts are read."""
    shop(db)
    project.revision("r1", call)
    asked = lint(project.config(), database=db.url(driver))
    facts = exported(project)

    found = lint(project.config(), facts=facts)

    assert shown(found) == shown(asked)
    assert found.facts == facts.exported_at


@pytest.mark.parametrize("name", ["proven NOT NULL", "NOT NULL", "partitioned"])
def test_hashed_names_are_found(db, project, name):
    shop(db)
    project.revision("r1", CALLS[name])
    asked = lint(project.config(), database=db.url("psycopg"))

    found = lint(project.config(), facts=exported(project, anonymous=True))

    assert {(each.check, each.severity) for each in found.findings} == {
        (each.check, each.severity) for each in asked.findings
    }


@pytest.mark.parametrize(
    ("rows", "writes", "severity"),
    [(10_000, 0.0, "note"), (10_000, 10.0, "warning"), (10_001, 0.0, "error")],
)
def test_size_and_traffic_count(db, project, rows, writes, severity):
    shop(db)
    project.revision("r1", CALLS["small table"])
    facts = exported(project)
    users = {"rows": rows, "reads": 0.0, "writes": writes}
    tables = [
        type(each)(**{**vars(each), **users}) if each.name == "users" else each
        for each in facts.databases[0].tables
    ]

    found = lint(project.config(), facts=of_one(facts, tables=tuple(tables)))

    assert {
        each.severity.value for each in found.findings if each.check == "create-index"
    } == {severity}


def test_only_pending_revisions_are_checked(db, project, driver):
    """The command tells once which facts it has used, and needs no server."""
    shop(db)
    project.revision("r1", 'op.execute("TRUNCATE orders")')
    project.run("stamp", "head")
    project.revision("r2", CALLS["NOT NULL"])
    project.cli("facts", "export", "-o", "facts.json", module="alembic_zdt").ok()
    without_server(project)

    done = project.cli("lint", "--json", "--facts", "facts.json", module="alembic_zdt")

    found = parsed("lint", done.stdout)
    assert {each["revision"] for each in found["findings"]} == {"r2"}
    assert done.stderr.count(f"the facts of {found['facts']} were used") == 1


def test_old_facts_count_as_no_database(db, project):
    """The sizes and the proofs are gone, and the command tells it."""
    shop(db)
    project.revision("r1", f"{CALLS['small table']}\n{CALLS['proven NOT NULL']}")
    facts = exported(project)
    old = replace(facts, exported_at="2020-02-03T04:05:06+00:00")
    in_file(old, project.ini.with_name("facts.json"))

    found = lint(project.config(), facts=old)
    done = project.cli("lint", "--facts", "facts.json", module="alembic_zdt")

    assert "error" not in severities(lint(project.config(), facts=facts))
    assert {"create-index", "set-not-null"} <= {
        each.check for each in found.findings if each.severity.value == "error"
    }
    assert (
        "WARNING: the facts are older than 7 days: their sizes and proofs are ignored"
        in done.stderr
    )


def test_edited_revision_is_found(db, project):
    shop(db)
    call = 'op.expand_add_column("users", sa.Column("{}", sa.Integer()))'
    for number in (1, 2):
        project.revision(f"r{number}", call.format(f"a{number}"))
    project.upgrade()
    path = project.scripts()[0]
    project.write(path, path.read_text().replace('"a1"', '"b"'))
    asked = lint(project.config(), database=db.url("psycopg"))

    named = lint(project.config(), facts=exported(project))
    hashed = lint(project.config(), facts=exported(project, anonymous=True))

    checks = {(each.check, each.revision) for each in asked.findings}
    assert ("edited-revision", "r1") in checks
    assert shown(named) == shown(asked)
    assert {(each.check, each.revision) for each in hashed.findings} == checks


def test_file_of_sql(db, project, tmp_path):
    shop(db)
    path = tmp_path / "change.sql"
    path.write_text("ALTER TABLE users ALTER age SET NOT NULL;")
    project.revision("r1", "pass")

    facts = exported(project)

    assert "set-not-null" in {each.check for each in lint_files([path]).findings}
    found = lint_files([path], facts=facts)
    assert "set-not-null" not in {each.check for each in found.findings}


def test_facts_stand_for_one_database(db, project):
    project.revision("r1", "pass")
    facts = exported(project)
    twice = type(facts)(facts.exported_at, None, facts.databases * 2)

    with pytest.raises(UsageError, match="the facts of 2 databases"):
        lint(project.config(), facts=twice)
    with pytest.raises(UsageError, match="both --facts and --database"):
        lint(project.config(), facts=facts, database=db.url("psycopg"))
