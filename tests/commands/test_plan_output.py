"""What a plan looks like: JSON for programs, text for whoever is on call."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.planning import NOWHERE, cli_json, planned, text_of, without_server
from tests.operations.cases import CASES
from tests.support.output import parsed, valid

SHOP = Path(__file__).parents[2] / "examples" / "shop"
GOLDEN = Path(__file__).parent / "golden"

TWO_KINDS = """
op.add_column("users", sa.Column("age", sa.Integer()))
op.create_index_concurrently("ix_users_email", "users", ["email"])
op.execute("UPDATE users SET age = 1")
"""


@pytest.mark.parametrize("case", [pytest.param(c, id=c.id) for c in CASES])
def test_json_has_the_documented_shape(project, case):
    """Keys and the types of their values, for every directive."""
    project.revision("r1", case.upgrade, case.downgrade)

    assert valid("plan", planned(project, "base:head"))["revisions"]


def test_json_says_what_runs(project):
    """One revision with a stock operation, a directive and plain SQL, in full."""
    project.revision("r1", TWO_KINDS)

    (revision,) = planned(project, "base:head")["revisions"]
    stock, _drop, build, plain = [
        step for operation in revision["operations"] for step in operation["steps"]
    ]

    assert [operation["call"] for operation in revision["operations"]] == [
        "op.add_column()",
        "op.create_index_concurrently('ix_users_email', 'users', ['email'])",
        "op.execute()",
    ]
    assert stock == {
        "purpose": "run as Alembic writes it",
        "statements": ["ALTER TABLE users ADD COLUMN age INTEGER"],
        "locks": [
            {
                "mode": "ACCESS EXCLUSIVE",
                "relation": "users",
                "kind": "table",
                "blocks": "reads and writes",
                "new_table": False,
            }
        ],
        "blocks": "reads and writes",
        "scans": [],
        "transaction": "revision",
        "skipped_when": None,
        "done": None,
        "estimate": None,
        "note": None,
    }
    assert (build["blocks"], build["transaction"]) == (
        "other schema changes",
        "autocommit",
    )
    assert build["scans"] == ["users"]
    assert plain["statements"] == ["UPDATE users SET age = 1"]
    assert (plain["locks"], plain["blocks"], plain["scans"]) == (None, None, None)


def test_text_says_what_to_look_at(project):
    """The end of the text names the steps that can hurt, and why."""
    project.revision(
        "r1",
        TWO_KINDS + 'op.create_index("ix_age", "users", ["age"])\n'
        'op.alter_column("users", "age", type_=sa.BigInteger())',
    )

    lines = text_of(project, "base:head")

    first, unknown, scan, change = lines[lines.index("") + 2 :]
    assert lines[lines.index("") + 1] == "1 revision, 6 steps."
    assert first == (
        "look at r1, step 1: blocks reads and writes on users while it waits for its "
        "lock, and until the transaction ends"
    )
    assert unknown == "look at r1, step 4: its locks are not known"
    assert scan == (
        "look at r1, step 5: blocks writes on users while it reads all of users"
    )
    assert change == (
        "look at r1, step 6: blocks reads and writes on users; changing the type "
        "rewrites the table and its indexes, unless PostgreSQL can keep the stored "
        "values; a foreign key on the column takes the same lock on the other table"
    )


def test_text_ends_with_when_to_run_what(project):
    """In the words of the documentation, where not all is run at one time."""
    for number, phase in enumerate(("expand", "migrate", "contract"), start=1):
        project.revision(f"r{number}", "pass", variables={"zdt_phase": phase})

    assert text_of(project, "base:head")[-2:] == [
        "before the new code is deployed: r1, r2",
        "after every old process is gone: r3",
    ]


def test_json_is_all_that_stdout_gets(project, driver):
    """What env.py, a revision or a logger says does not get between."""
    project.revision("r1", 'print("from the revision")\nop.execute("SELECT 1")')
    text = project.env.read_text()
    project.write(
        project.env,
        text + '\nprint("from env.py")\nconfig.print_stdout("from the config")\n',
    )
    ini = project.ini.read_text()
    project.write(project.ini, ini.replace("(sys.stderr,)", "(sys.stdout,)"))

    for arguments in ((), ("base:head",)):
        plan, stderr = cli_json(project, *arguments)
        assert plan["revisions"]
        assert "from env.py" in stderr
        assert "from the config" in stderr
        assert "from the revision" in stderr


def test_plan_does_not_say_that_it_runs(project):
    """Alembic's "Running upgrade" would frighten whoever reads a plan."""
    project.revision("r1")

    done = project.cli("plan", module="alembic_zdt").ok()

    assert "Running" not in done.output


def test_text_without_database_is_only_the_plan(project):
    """The reason for not asking goes to standard error."""
    project.revision("r1")
    without_server(project)

    done = project.cli("plan", module="alembic_zdt").ok()

    assert done.stdout == (
        "upgrade base -> r1, r1\n  nothing to run\n\n1 revision, 0 steps.\n"
    )
    assert done.stderr.startswith("the database was not asked: OperationalError: ")


@pytest.mark.parametrize("section", ["alembic", "stock"])
def test_shop_is_planned_as_the_golden_file_says(section):
    """The example's changes; the file is what ``alembic-zdt plan 0001:head`` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic_zdt", "-n", section, "plan", "0001:head"],
        cwd=SHOP,
        env=os.environ
        | {"ZDT_DATABASE_URL": NOWHERE.format(driver="psycopg"), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == (GOLDEN / f"shop_{section}.txt").read_text()


def test_json_of_the_shop_is_json():
    """The same as JSON, on standard output alone."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic_zdt", "plan", "base:head", "--json"],
        cwd=SHOP,
        env=os.environ | {"ZDT_DATABASE_URL": NOWHERE.format(driver="psycopg")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert parsed("plan", done.stdout)["revisions"]
