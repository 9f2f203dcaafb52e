"""``alembic-zdt rehearse``: revisions with rows and traffic in a scratch database."""

from __future__ import annotations

import json

import pytest

from tests.support.output import valid

MADE = (
    'op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True),'
    ' sa.Column("state", sa.Text, nullable=False))'
)
CHANGE = {"zdt_change": "c"}


@pytest.fixture
def rehearse(project, creator):
    """Run the command on the run's server."""
    project.revision("r1", MADE, 'op.drop_table("orders")')

    def run(*arguments):
        server = creator.url
        return project.cli(
            *("rehearse", "--on", server, "--rate", "50", *arguments),
            module="alembic_zdt",
        )

    yield run
    assert creator.left() == []


def test_change_in_three_phases_does_no_harm(project, rehearse):
    """Old and new code send statements; the contract leaves only new code."""
    for phase in ("expand", "migrate", "contract"):
        project.revision(
            phase,
            f"op.{phase}_rename_column('orders', 'state', 'status')",
            variables={"zdt_phase": phase, **CHANGE},
        )
    output = project.ini.with_name("found.json")

    found = rehearse("--rows", "orders=500", "--roundtrip", "--json", str(output)).ok()

    written = valid("rehearse", json.loads(output.read_text()))
    ran = [(each["direction"], each["revision"]) for each in written["revisions"]]
    names = ["expand", "migrate", "contract"]
    assert ran == [("upgrade", each) for each in names] + [
        ("downgrade", each) for each in reversed(names)
    ]
    for each in written["revisions"]:
        assert not each["errors"]
        assert not each["stalls"]
        assert each["answers"] > 0
    assert f"upgrade {names[0]} (expand): " in found.stdout
    assert "ACCESS EXCLUSIVE on public.orders held for " in found.stdout


def test_stock_rename_and_index_are_found(project, rehearse):
    """Only the last revision is rehearsed by default."""
    index = 'op.create_index("ix", "orders", ["state"])'
    rename = 'op.alter_column("orders", "state", new_column_name="status")'
    project.revision(
        "r2", f'with op.safety_assured("no"):\n        {index}\n        {rename}'
    )

    found = rehearse("--rows", "orders=500")

    assert found.rc == 2
    assert "upgrade r1" not in found.stdout
    assert "reads all rows of public.orders under SHARE on public.orders" in (
        found.stdout
    )
    assert 'error of the application: read orders: column "state" does not exist' in (
        found.stdout
    )


def test_revision_that_fails_is_told_and_the_rest_is_not_run(project, rehearse):
    project.revision("r2", 'op.execute("SELECT missing")')
    project.revision("r3", "pass")

    found = rehearse("r1:head")

    assert found.rc == 2
    assert 'column "missing" does not exist' in found.stdout
    assert "r3" not in found.stdout


def test_seed_and_traffic_are_files(project, rehearse):
    seed = project.ini.with_name("seed.sql")
    seed.write_text("INSERT INTO orders VALUES (1, 'a;b'); TABLE orders; -- two")
    traffic = project.ini.with_name("traffic.sql")
    traffic.write_text("SELECT 1 / count(*) FROM orders WHERE state = 'a;b'")
    project.revision("r2", "op.execute('DELETE FROM orders WHERE id = 1')")

    found = rehearse("--seed", str(seed), "--traffic", str(traffic))

    assert found.rc == 2
    assert "division by zero" in found.stdout


def test_configured_database_is_refused(db, project, rehearse):
    project.revision("r2", "pass")

    found = rehearse("--on", db.url())

    assert "the server for the rehearsal is the configured database" in found.stdout
    assert not db.exists("alembic_version")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rows", "orders"], 'cannot read the number of rows "orders"'),
        (["--rows", "order=5"], "there is no such table before the range"),
        (["--traffic", "missing.sql"], 'cannot read the statements in "missing.sql"'),
        (["--rows", "=5"], 'cannot read the number of rows "=5"'),
        (["--rate", "0"], "the rate 0 is not positive"),
        (["r1"], '"r1" is not a range of revisions'),
        (["r2:head"], "there are no revisions to rehearse"),
        (["nobody:head"], "Can't locate revision identified by 'nobody'"),
    ],
)
def test_bad_input(project, rehearse, arguments, words):
    project.revision("r2", "pass")

    found = rehearse(*arguments)

    assert found.rc == 255
    assert words in found.stdout
    assert "Traceback" not in found.output
