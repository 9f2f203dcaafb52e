"""``alembic-zdt rehearse``: revisions with rows and traffic in a scratch database."""

from __future__ import annotations

import json
import signal as signals

import pytest
from sqlalchemy import make_url

from tests.support.output import valid
from tests.support.waiting import wait_until

MADE = (
    'op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True),'
    ' sa.Column("state", sa.Text, nullable=False))'
)
CHANGE = {"zdt_change": "c"}
CONSISTENT = """
DO $$ BEGIN IF EXISTS (SELECT FROM orders) THEN
ASSERT NOT EXISTS (SELECT FROM orders WHERE state IS DISTINCT FROM status), 'differ';
ASSERT EXISTS (SELECT FROM orders WHERE id > 500 AND state LIKE 'status %'), 'no new';
ASSERT EXISTS (SELECT FROM orders WHERE id > 500 AND status LIKE 'state %'), 'no old';
END IF; END $$
""".replace("\n", " ")


@pytest.fixture
def rehearse(project, creator):
    """Run the command on the run's server."""
    project.revision("r1", MADE, 'op.drop_table("orders")')

    def run(*arguments):
        server = creator.url
        return project.cli(
            *("rehearse", "--on", server, "--rate", "20", *arguments),
            module="alembic_zdt",
            timeout=180,
        )

    yield run
    assert creator.left() == []


def test_change_in_three_phases_does_no_harm(project, rehearse):
    """Both codes write during the migrate, and each sees what the other one wrote."""
    back = "'orders', 'status', 'state'"
    downgrades = {
        "expand": f"op.contract_rename_column({back})",
        "migrate": "pass",
        "contract": f"op.expand_rename_column({back})\n"
        f"op.migrate_rename_column({back})",
    }
    checked = {"migrate": f'\nop.execute("{CONSISTENT}")'}
    for phase, downgrade in downgrades.items():
        project.revision(
            phase,
            f"op.{phase}_rename_column('orders', 'state', 'status')"
            f"{checked.get(phase, '')}",
            downgrade,
            variables={"zdt_phase": phase, **CHANGE},
        )
    output = project.ini.with_name("found.json")
    report = project.ini.with_name("report.html")
    files = ("--json", str(output), "--report", str(report))

    given = ("--rows", "orders=500", "--rate", "10", *files)
    found = rehearse(*given, "--roundtrip").ok()

    written = valid("rehearse", json.loads(output.read_text()))
    ran = [(each["direction"], each["revision"]) for each in written["revisions"]]
    names = [*downgrades]
    assert ran == [("upgrade", each) for each in names] + [
        ("downgrade", each) for each in reversed(names)
    ]
    for each in written["revisions"]:
        assert not each["errors"]
        assert not each["stalls"]
        assert not each["error"]
        assert each["wal_bytes"] > 0
        assert each["answers"] == sum(code["answers"] for code in each["codes"])
    codes = [[code["code"] for code in each["codes"]] for each in written["revisions"]]
    up = [["old"], ["old", "new"], ["new"]]
    assert codes == up + up[::-1]
    assert found.stdout.count("  new code: ") == 2
    assert "<td>ACCESS EXCLUSIVE on public.orders for " in report.read_text()
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
    assert 'error of old code: read public.orders: column "state" does not exist' in (
        found.stdout
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


def test_statements_functions_scripts_and_tables_are_combined(project, rehearse):
    """Each error has the name of its source."""
    folder = project.ini.parent
    read = "SELECT state FROM orders"
    (folder / "one.sql").write_text(read)
    (folder / "two.sql").write_text(f"\\set n random(1, 5)\n{read} WHERE id = :n;")
    (folder / "zdt_load.py").write_text(
        f"def run(connection):\n    connection.exec_driver_sql('{read}')\n"
    )
    nullable = "ALTER TABLE orders ALTER state DROP NOT NULL"
    project.revision("r2", f"op.execute('{nullable}')")
    project.revision("r3", "op.drop_column('orders', 'state')")
    output = folder / "found.json"
    sources = ("one.sql", "two.sql", "zdt_load:run", "auto")
    given = [each for source in sources for each in ("--traffic", source)]

    found = rehearse("--rows", "orders=5", *given, "--json", str(output))
    assert found.rc == 2, found.output

    (written,) = valid("rehearse", json.loads(output.read_text()))["revisions"]
    failed = {(each["statement"], each["code"]) for each in written["errors"]}
    assert failed == {(read, None), ("two.sql", None), ("zdt_load:run", None)}
    assert [each["code"] for each in written["codes"]] == ["new", None]


def test_seeded_tables_get_traffic_and_those_of_alembic_do_not(project, rehearse):
    seed = project.ini.with_name("seed.sql")
    seed.write_text("INSERT INTO orders (state) SELECT '' FROM generate_series(1, 50)")
    project.revision("r2", 'op.create_index("ix", "orders", ["state"])')

    found = rehearse("--seed", str(seed))

    assert found.rc == 2
    assert "public.orders: 50 rows" in found.stdout
    assert "alembic" not in found.stdout
    assert "error of" not in found.stdout
    assert "reads all rows of public.orders under SHARE" in found.stdout
    assert "\n  r2: error: create-index: " in found.stdout
    assert " (traced)" in found.stdout


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


def test_configured_database_is_refused_under_another_name(db, project, rehearse):
    """The servers are asked, because an address has many names."""
    project.revision("r2", "pass")
    url = make_url(db.url()).set(host="127.1")

    found = rehearse("--on", url.render_as_string(hide_password=False))

    assert "the server for the rehearsal is the configured database" in found.stdout
    assert not db.exists("alembic_version")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rows", "orders"], 'cannot read the number of rows "orders"'),
        (["--rows", "order=5"], "no table has this name before the range"),
        (["--traffic", "missing.sql"], 'cannot read the statements in "missing.sql"'),
        (["--rows", "=5"], 'cannot read the number of rows "=5"'),
        (["--rate", "0"], "the rate 0 is not a positive number"),
        (["--compare", "plain"], 'cannot compare a rehearsal with "plain"'),
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


def test_compared_with_stock_operations(project, rehearse):
    """Their stalls are shown beside, and are no error of the revision."""
    project.revision(
        "r2",
        'op.create_index_concurrently("ix", "orders", ["state"])',
        'op.drop_index_concurrently("ix", "orders")',
    )
    output = project.ini.with_name("found.json")
    report = project.ini.with_name("report.html")
    files = ("--json", str(output), "--report", str(report))

    found = rehearse("--rows", "orders=500", "--compare", "stock", *files).ok()

    own, _, stock = found.stdout.partition("the same revisions with stock operations")
    assert "stall" not in own
    assert "reads all rows of public.orders under SHARE on public.orders" in stock
    written = valid("rehearse", json.loads(output.read_text()))
    assert [len(written[each][0]["stalls"]) for each in ("revisions", "stock")] == [
        0,
        1,
    ]
    page = report.read_text()
    assert 'id="chart-1-stock"' in page
    assert "With stock operations instead of directives" in page


def test_rows_like_those_of_facts(db, project, rehearse):
    """A table that takes no such rows stays empty; --rows has precedence."""
    tables = (
        "CREATE TABLE lines (id int PRIMARY KEY)",
        "CREATE TABLE odd (id int CHECK (id > 5))",
        "CREATE TABLE filled AS SELECT 1 AS id",
    )
    up = "\n".join(f"op.execute('{each}')" for each in tables)
    project.revision("r2", up)
    project.upgrade()
    number = "SELECT n FROM generate_series(1, 700) n"
    db.execute(f"INSERT INTO orders SELECT n, 'new' FROM ({number}) own")
    for table in ("lines", "odd"):
        db.execute(f"INSERT INTO {table} {number} WHERE n > 5")
    db.execute("ANALYZE")
    facts = project.ini.with_name("facts.json")
    export = ("facts", "export", "-o", str(facts))
    project.cli(*export, module="alembic_zdt").ok()
    project.revision("r3", "pass")

    given = ("--like", str(facts), "--most-rows", "500", "--rows", "lines=40")
    found = rehearse(*given)

    assert found.rc == 0, found.output
    assert "public.orders: 500 rows" in found.stdout
    assert "public.lines: 40 rows" in found.stdout
    assert "public.odd stays empty: new row for relation" in found.stderr
    assert "filled" not in found.output

    project.cli(*export, "--anonymous", module="alembic_zdt").ok()
    refused = rehearse("--like", str(facts))
    assert refused.rc == 255
    assert "have hashes instead of names" in refused.stdout


def test_role_that_may_create_no_database_is_refused(project, admin, creator):
    project.revision("r1", MADE)
    admin.execute(f"ALTER ROLE {creator.name} NOCREATEDB")

    found = project.cli("rehearse", "--on", creator.url, module="alembic_zdt")

    assert found.rc == 255
    assert "cannot create a scratch database: permission denied" in found.stdout
    assert "needs the attribute CREATEDB" in found.stdout


def test_interrupt_while_rows_are_made_leaves_nothing(project, admin, creator):
    project.revision("r1", MADE)
    project.revision("r2", "pass")
    given = ("rehearse", "--on", creator.url, "--rows", "orders=300_000_000")
    running = project.start(*given, module="alembic_zdt")
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND query ~ %s"
    filling = (creator.name, "^INSERT INTO public.orders")
    wait_until(
        lambda: admin.execute(query, filling).fetchone()[0], "it fills", timeout=60
    )

    running.popen.send_signal(signals.SIGINT)
    found = running.wait()

    assert found.rc == 130, found.output
    assert "FAILED: interrupted by SIGINT" in found.stdout
    assert "Traceback" not in found.output
    assert creator.left() == []


def test_stock_rename_meets_old_code_in_the_comparison(project, rehearse):
    """Its new name is not there before it, and nothing happens before it."""
    for phase in ("expand", "migrate", "contract"):
        project.revision(
            phase,
            f"op.{phase}_rename_column('orders', 'state', 'status')",
            variables={"zdt_phase": phase, **CHANGE},
        )

    found = rehearse("--rows", "orders=200", "--compare", "stock").ok()

    _, _, stock = found.stdout.partition("the same revisions with stock operations")
    before, _, contract = stock.partition("upgrade contract")
    assert "error" not in before
    assert 'error of old code: read public.orders: column "state"' in contract


def test_lock_on_a_partition_counts_as_one_on_a_table_with_rows(project, rehearse):
    project.revision(
        "r2",
        "op.execute('CREATE TABLE ev (id int PRIMARY KEY) PARTITION BY RANGE (id)')\n"
        "op.execute('CREATE TABLE ev_1 PARTITION OF ev FOR VALUES FROM (0) TO (900)')",
    )
    locked = 'op.execute("LOCK TABLE ev_1; SELECT pg_sleep(0.3)")'
    project.revision("r3", f'with op.safety_assured("shown"):\n    {locked}')

    found = rehearse("--rows", "ev=50", "--fail-on", "lock>200ms")

    assert found.rc == 2
    assert "ACCESS EXCLUSIVE on public.ev_1" in found.stdout


def test_files_that_cannot_be_written_are_refused_before(project, rehearse):
    project.revision("r2", "pass")

    output = str(project.ini.with_name("found.json"))
    found = rehearse("--json", output, "--report", "/no/such/folder.html")

    assert found.rc == 255
    assert 'cannot write "/no/such/folder.html"' in found.stdout
    assert not project.ini.with_name("found.json").exists()
    assert "upgrade" not in found.stderr


def test_statements_of_another_database_are_sent(project, rehearse, db):
    """The server of the tests does not count statements."""
    project.revision("r2", "pass")

    found = rehearse("--rows", "orders=50", "--traffic-of", db.url())

    assert found.rc == 255
    assert "lacks the extension pg_stat_statements" in found.stdout
