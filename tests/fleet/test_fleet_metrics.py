"""``fleet status --format prometheus``: targets by state, and the newest run."""

from __future__ import annotations

import json

from tests.support.metrics import metrics, of

MADE = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))'
FAILS = (
    """\
here = op.get_bind().exec_driver_sql("SELECT current_schema()").scalar()
if here == {!r}:
    raise RuntimeError("broken")
"""
    + MADE
)
EXOTIC = 'the "first" \\ tenant\nof all'


def test_status_of_a_fleet_is_metrics(new_fleet):
    fleet = new_fleet(3)
    broken = fleet.schemas[1]
    fleet.db.execute("UPDATE tenants SET name = %s WHERE schema = %s", EXOTIC, broken)
    fleet.project.revision("r1", FAILS.format(broken))
    before = metrics(fleet.run("status", "--format", "prometheus").ok().stdout)
    assert fleet.run("upgrade").rc == 1
    unknown = f"UPDATE {fleet.schemas[0]}.alembic_version SET version_num = 'gone'"
    fleet.db.execute(unknown)

    found = metrics(fleet.run("status", "--format", "prometheus").ok().stdout)
    as_json = json.loads(fleet.run("status", "--json").ok().stdout)

    assert of(before, "fleet_targets", state="behind") == 3
    assert "zdt_fleet_run_info" not in {name for name, _ in before}
    assert of(found, "fleet_targets", state="current") == 1
    assert of(found, "fleet_targets", state="behind") == 1
    assert of(found, "fleet_targets", state="unknown") == 1
    assert of(found, "fleet_target_pending_revisions", target=EXOTIC) == 1
    run = {"run": as_json["run"], "status": as_json["status"]}
    assert of(found, "fleet_run_info", **run) == 1
    assert of(found, "fleet_run_open_targets", status="failed") == 1
    assert of(found, "fleet_run_open_targets", status="running") == 0
    failed = {"target": EXOTIC, "status": "failed"}
    (row,) = as_json["open"]
    assert of(found, "fleet_run_target_seconds", **failed) == row["seconds"]
