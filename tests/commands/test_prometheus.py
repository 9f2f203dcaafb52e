"""``--format prometheus`` prints what ``--json`` does, as the collector reads it."""

from __future__ import annotations

from datetime import datetime

import pytest

from alembic_zdt.commands import status_metrics
from alembic_zdt.commands.prometheus_text import Gauges
from tests.docs.shown import ROOT
from tests.support.metrics import metrics, of
from tests.support.output import parsed
from tests.support.workflows import renaming

EXOTIC = 'a "quoted" \\ back\\nslash\nline {b="c"} # é 雪'


def test_exotic_labels_are_read_as_they_were_written():
    gauges = Gauges({"zdt_a": "A help\nwith \\ in it", "zdt_unknown": "Never known"})
    gauges.add("zdt_a", 0.5, {"table": EXOTIC, "empty": ""})
    gauges.add("zdt_a", 2, {"table": "esc \x1b[0m bell \x07 cr \r"})
    gauges.add("zdt_unknown", None, {})

    found = metrics(gauges.as_text() + "\n")

    assert found == {
        ("zdt_a", frozenset({("table", EXOTIC)})): 0.5,
        # Nothing that a terminal would obey.
        ("zdt_a", frozenset({("table", r"esc \x1b[0m bell \x07 cr \r")})): 2,
    }


def backfill(**changes):
    return {
        "database": "app",
        "name": "fill",
        "status": "running",
        "revision": None,
        "table": "users",
        "rows_done": 5,
        "share": None,
        "round": 1,
        "started_at": "30/11/2026 20:00:00 UTC",  # DateStyle is "SQL, DMY"
        "updated_at": "2026-11-30 20:00:00+00",
        "finished_at": None,
        "workers": [],
        "waiting": None,
        **changes,
    }


def test_same_names_in_two_databases_are_no_duplicates():
    """As with schemas that share a database; each object keeps its number."""
    found = metrics(
        status_metrics.metrics_of(
            "backfill status",
            {
                "backfills": [
                    backfill(),
                    backfill(rows_done=7, share=0.5),
                    backfill(database=None),
                ]
            },
        )
    )

    again = {"database": "app", "backfill": "fill", "occurrence": "2"}
    assert of(found, "backfills") == 3
    assert of(found, "backfill_done_rows", database="app", backfill="fill") == 5
    assert of(found, "backfill_done_rows", **again) == 7
    assert of(found, "backfill_done_ratio", **again) == 0.5
    assert of(found, "backfill_done_rows", backfill="fill") == 5
    assert "zdt_backfill_start_timestamp_seconds" not in {name for name, _ in found}


def shown(project, *command):
    """The metrics of a command, and the object of its JSON."""
    printed = project.cli(*command, "--format", "prometheus", module="alembic_zdt")
    as_json = project.cli(*command, "--json", module="alembic_zdt")
    name = "backfill_status" if command[0] == "backfill" else command[0]
    return metrics(printed.ok().stdout), parsed(name, as_json.stdout)


@pytest.fixture
def half_way(db, project):
    """A window is open, a backfill waits, a revision is edited, one is pending."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO users VALUES (1, 'a')")
    db.execute("CREATE TABLE b (id int PRIMARY KEY, n int)")
    db.execute("INSERT INTO b VALUES (1)")
    expand, migrate, contract = renaming("users", "email", "mail").splitlines()
    project.revision("r1", expand)
    call = f'op.backfill("b", {{"n": "id"}}, mode="background", name={EXOTIC!r})'
    project.revision("r2", call)
    project.upgrade()
    project.revision("r3", migrate)
    project.revision("r4", contract)
    db.execute("UPDATE alembic_zdt_revision SET hash = 'edited' WHERE revision = 'r1'")
    return project


def test_status_and_backfill_status_are_metrics(db, half_way):
    """Both commands end with 0, whatever is pending, and share no metric."""
    found, as_json = shown(half_way, "status")
    (database,) = as_json["databases"]
    here = {"database": db.database}
    users = {"table": database["windows"][0]["table"], "column": "email"}

    assert of(found, "revision_info", **here, revision="r2") == 1
    assert of(found, "pending_revisions", **here, phase="expand") == 0
    assert of(found, "pending_revisions", **here, phase="migrate") == 1
    assert of(found, "pending_revisions", **here, phase="contract") == 1
    assert of(found, "pending_revisions_behind_contract", **here) == 0
    assert of(found, "open_windows", **here) == 1
    assert of(found, "window_proven", **here, **users, twin="mail") == 0
    assert of(found, "unfinished_backfills", **here, status="queued") == 1
    assert of(found, "unfinished_backfills", **here, status="failed") == 0
    edited = {"check": "edited-revision", "severity": "error"}
    assert of(found, "findings", **here, **edited) == 1

    of_backfills, as_json = shown(half_way, "backfill", "status")
    (one,) = as_json["backfills"]
    labels = {**here, "backfill": EXOTIC}
    info = {"table": one["table"], "revision": "r2"}
    assert one["database"] == db.database
    assert of(of_backfills, "backfill_info", **labels, **info) == 1
    assert of(of_backfills, "backfill_status", **labels, status="queued") == 1
    assert of(of_backfills, "backfill_status", **labels, status="running") == 0
    assert of(of_backfills, "backfill_done_rows", **labels) == 0
    assert not {name for name, _ in found} & {name for name, _ in of_backfills}

    half_way.cli("backfill", "run", module="alembic_zdt").ok()
    of_backfills, as_json = shown(half_way, "backfill", "status", EXOTIC)
    ended = datetime.fromisoformat(as_json["backfills"][0]["finished_at"]).timestamp()
    assert of(of_backfills, "backfill_done_rows", **labels) == 1
    assert of(of_backfills, "backfill_done_ratio", **labels) == 1
    assert of(of_backfills, "backfill_finish_timestamp_seconds", **labels) == (
        pytest.approx(ended, abs=1e-3)
    )
    # The number of all is not known of one.
    assert "zdt_backfills" not in {name for name, _ in of_backfills}


def test_half_done_revision_has_the_time_of_its_begin(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)")
    calls = 'op.drop_not_null("users", "email")\nop.execute("SELECT 1 / 0")'
    project.revision("r1", calls)
    project.cli("upgrade", "head", module="alembic_zdt")

    found, as_json = shown(project, "status")

    (half_done,) = as_json["databases"][0]["half_done"]
    since = datetime.fromisoformat(half_done["since"]).timestamp()
    labels = {"database": db.database, "revision": "r1", "direction": "upgrade"}
    value = of(found, "half_done_revision_start_timestamp_seconds", **labels)
    assert value == pytest.approx(since, abs=1e-3)


@pytest.mark.parametrize("command", [("status",), ("backfill", "status")])
def test_two_formats_at_once_are_a_usage_error(project, command):
    for more in (["--json", "--format", "prometheus"], ["--format", "human", "--json"]):
        found = project.cli(*command, *more, module="alembic_zdt")
        assert found.rc == 2
        assert "not allowed with argument" in found.output
    found = project.cli(*command, "--format", "xml", module="alembic_zdt")
    assert (found.rc, "invalid choice: 'xml'" in found.output) == (2, True)


def test_formats_by_name(half_way):
    """``--format json`` is ``--json``, and ``--format human`` the default."""
    named, plain = (
        half_way.cli("status", *options, module="alembic_zdt")
        for options in (("--format", "human"), ())
    )
    assert (named.rc, named.stdout) == (plain.rc, plain.stdout) == (20, plain.stdout)
    named = half_way.cli("status", "--format", "json", module="alembic_zdt")
    plain = half_way.cli("status", "--json", module="alembic_zdt")
    assert (named.rc, named.stdout) == (20, plain.stdout)


def test_each_metric_is_on_the_page():
    """With the help text that the command prints."""
    page = (ROOT / "docs/watching.md").read_text()
    helps = status_metrics.STATUS | status_metrics.BACKFILL | status_metrics.FLEET

    for name, meaning in helps.items():
        assert f"| `{name}` | {meaning} |" in page
    assert page.count("| `zdt_") == len(helps)
