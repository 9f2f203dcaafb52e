"""``alembic-zdt rehearse``: revisions with rows and traffic in a scratch database."""

from __future__ import annotations

import json
import signal as signals

import pytest

from tests.support.output import valid
from tests.support.waiting import wait_until

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
    back = "'orders', 'status', 'state'"
    downgrades = {
        "expand": f"op.contract_rename_column({back})",
        "migrate": "pass",
        "contract": f"op.expand_rename_column({back})\n"
        f"op.migrate_rename_column({back})",
    }
    for phase, downgrade in downgrades.items():
        project.revision(
            phase,
            f"op.{phase}_rename_column('orders', 'state', 'status')",
            downgrade,
            variables={"zdt_phase": phase, **CHANGE},
        )
    output = project.ini.with_name("found.json")

    found = rehearse("--rows", "orders=500", "--roundtrip", "--json", str(output)).ok()

    written = valid("rehearse", json.loads(output.read_text()))
    ran = [(each["direction"], each["revision"]) for each in written["revisions"]]
    names = [*downgrades]
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
    assert (
        'error of the application: read public.orders: column "state" does not exist'
        in (found.stdout)
    )


def test_revision_that_fails_is_told_and_the_rest_is_not_run(project, rehearse):
    """So is an error of Python; what ran before is reported."""
    project.revision("r2", "op.drop_column('orders', 'state')")
    project.revision("r3", "raise KeyError('missing')")
    project.revision("r4", "pass")
    traffic = project.ini.with_name("traffic.sql")
    traffic.write_text("SELECT state FROM orders")

    found = rehearse("r1:head", "--traffic", str(traffic))

    assert found.rc == 2
    assert "upgrade r2 (contract)" in found.stdout
    assert 'SELECT state FROM orders: column "state" does not exist' in found.stdout
    assert "  failed: 'missing'" in found.stdout
    assert "r4" not in found.stdout


def test_partitions_count_as_the_table_and_a_change_is_rehearsed_whole(
    project, rehearse
):
    """Also with a revision of another change in between."""
    made = "CREATE TABLE events (id int, day int) PARTITION BY HASH (id)"
    part = (
        "CREATE TABLE e0 PARTITION OF events FOR VALUES WITH (MODULUS 1, REMAINDER 0)"
    )
    project.revision("r2", f"op.execute('{made}')\nop.execute('{part}')")
    project.revision("r3", "pass", variables=CHANGE)
    project.revision("r4", "pass")
    index = 'op.create_index("ix", "events", ["day"])'
    project.revision(
        "r5",
        f"op.execute(\"SET lock_timeout = '1s'\")\n{index}",
        variables=CHANGE,
    )

    found = rehearse("--rows", "events=100")

    assert found.rc == 2
    ran = [line.split()[1] for line in found.stdout.splitlines() if "upgrade" in line]
    assert ran == ["r3", "r4", "r5"]
    assert "reads all rows of public.e0 under SHARE" in found.stdout


def test_seed_and_traffic_are_files(project, rehearse):
    seed = project.ini.with_name("seed.sql")
    seed.write_text("INSERT INTO orders VALUES (1, 'a;b'); TABLE orders; -- two")
    traffic = project.ini.with_name("traffic.sql")
    traffic.write_text("SELECT 1 / count(*) FROM orders WHERE state = 'a;b'")
    project.revision("r2", "op.execute('DELETE FROM orders WHERE id = 1')")

    found = rehearse("--seed", str(seed), "--traffic", str(traffic))

    assert found.rc == 2
    assert "division by zero" in found.stdout


@pytest.mark.parametrize(("signal", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_interrupted_rehearsal_leaves_nothing(project, admin, creator, signal, code):
    project.revision("r1", MADE)
    project.revision("r2", "op.execute('SELECT pg_sleep(3600)')")
    given = ("rehearse", "--on", creator.url, "--rows", "orders=5")
    running = project.start(*given, module="alembic_zdt")
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND query ~ %s"
    sleeping = (creator.name, "pg_sleep")
    wait_until(
        lambda: admin.execute(query, sleeping).fetchone()[0], "it runs", timeout=60
    )

    running.popen.send_signal(getattr(signals, signal))
    found = running.wait()

    assert found.rc == code, found.output
    assert "Traceback" not in found.output
    assert f"FAILED: interrupted by {signal}" in found.stdout
    assert creator.left() == []


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
        (["--rate", "0"], "the rate 0 is not a positive number"),
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
