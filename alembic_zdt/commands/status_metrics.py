"""The metrics of ``--format prometheus``, each from the object that ``--json`` prints.

Each command has metrics of its own, so that their files may lie in one folder.
Another command needs a table of help texts, a function, and a line in ``_COMMANDS``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from alembic_zdt.commands.prometheus_text import Gauges, Labels, distinct
from alembic_zdt.phases import Phase

Found = Mapping[str, Any]

STATUS = {
    "zdt_revision_info": "1 for each revision that the database is at",
    "zdt_pending_revisions": "Number of revisions that are not applied, by phase",
    "zdt_pending_revisions_behind_contract": (
        "Number of pending revisions before which a contract must run"
    ),
    "zdt_open_windows": "Number of pairs of columns that a trigger keeps equal",
    "zdt_window_proven": (
        "1 if every row of an open window is proven to have equal values, else 0"
    ),
    "zdt_bridge_views": (
        "Number of views that show a table or a column under a second name"
    ),
    "zdt_unfinished_backfills": "Number of backfills that are not finished, by status",
    "zdt_half_done_revision_start_timestamp_seconds": (
        "Unix time at which a revision began that has not ended"
    ),
    "zdt_findings": "Number of faults, by check and severity",
}
_UNFINISHED = ("queued", "running", "interrupted", "paused", "failed")


def _status(found: Found) -> Gauges:
    gauges = Gauges(STATUS)
    databases: Sequence[Found] = found["databases"]
    names = distinct({"database": each["database"] or ""} for each in databases)
    for each, database in zip(databases, names, strict=True):
        _add_revisions(gauges, each, database)
        _add_workflows(gauges, each, database)
        kinds = Counter((f["check"], f["severity"]) for f in each["findings"])
        for (check, severity), number in kinds.items():
            labels = {**database, "check": check, "severity": severity}
            gauges.add("zdt_findings", number, labels)
    return gauges


def _add_revisions(gauges: Gauges, found: Found, database: Labels) -> None:
    for revision in found["heads"]:
        gauges.add("zdt_revision_info", 1, {**database, "revision": revision})
    pending = found["pending"]
    phases = Counter(each["phase"] for each in pending)
    for phase in Phase:
        labels = {**database, "phase": phase.value}
        gauges.add("zdt_pending_revisions", phases[phase.value], labels)
    behind = sum(each["behind"] is not None for each in pending)
    gauges.add("zdt_pending_revisions_behind_contract", behind, database)
    for each in found["half_done"]:
        gauges.add(
            "zdt_half_done_revision_start_timestamp_seconds",
            _unix_time(each["since"]),
            {**database, "revision": each["revision"], "direction": each["direction"]},
        )


def _add_workflows(gauges: Gauges, found: Found, database: Labels) -> None:
    gauges.add("zdt_open_windows", len(found["windows"]), database)
    for window in found["windows"]:
        column, twin = window["columns"]
        labels = {"table": window["table"], "column": column, "twin": twin}
        proven = int(window["proven"])
        gauges.add("zdt_window_proven", proven, {**database, **labels})
    gauges.add("zdt_bridge_views", len(found["views"]), database)
    states = Counter(each["status"] for each in found["backfills"])
    for status in _UNFINISHED:
        labels = {**database, "status": status}
        gauges.add("zdt_unfinished_backfills", states[status], labels)


BACKFILL = {
    "zdt_backfills": "Number of backfills, finished ones included",
    "zdt_backfill_info": "1 for each backfill, with its table and its revision",
    "zdt_backfill_status": "1 for the status that the backfill has, else 0",
    "zdt_backfill_done_rows": "Number of rows that are done",
    "zdt_backfill_done_ratio": "Part of the round that is done, from 0 to 1",
    "zdt_backfill_round": "Number of the round",
    "zdt_backfill_workers": "Number of workers that run",
    "zdt_backfill_waiting": "1 if something holds the workers back, else 0",
    "zdt_backfill_start_timestamp_seconds": "Unix time of its start",
    "zdt_backfill_update_timestamp_seconds": "Unix time of the last change of status",
    "zdt_backfill_finish_timestamp_seconds": "Unix time of its end",
}
_STATUSES = (*_UNFINISHED, "finished", "cancelled")


def _backfill(found: Found) -> Gauges:
    gauges = _one_backfill(found)
    gauges.add("zdt_backfills", len(found["backfills"]), {})
    return gauges


def _one_backfill(found: Found) -> Gauges:
    gauges = Gauges(BACKFILL)
    backfills: Sequence[Found] = found["backfills"]
    names = distinct(
        {"database": each["database"] or "", "backfill": each["name"]}
        for each in backfills
    )
    for each, labels in zip(backfills, names, strict=True):
        more = {"table": each["table"], "revision": each["revision"] or ""}
        gauges.add("zdt_backfill_info", 1, {**labels, **more})
        for status in _STATUSES:
            is_it = int(status == each["status"])
            gauges.add("zdt_backfill_status", is_it, {**labels, "status": status})
        for name, value in _numbers(each):
            gauges.add(f"zdt_backfill_{name}", value, labels)
    return gauges


def _numbers(backfill: Found) -> Iterator[tuple[str, float | None]]:
    yield "done_rows", backfill["rows_done"]
    yield "done_ratio", backfill["share"]
    yield "round", backfill["round"]
    yield "workers", len(backfill["workers"])
    yield "waiting", int(backfill["waiting"] is not None)
    yield "start_timestamp_seconds", _unix_time(backfill["started_at"])
    yield "update_timestamp_seconds", _unix_time(backfill["updated_at"])
    yield "finish_timestamp_seconds", _unix_time(backfill["finished_at"])


FLEET = {
    "zdt_fleet_targets": (
        "Number of targets: current, behind, or unknown because of an error"
    ),
    "zdt_fleet_target_pending_revisions": (
        "Number of revisions that are not applied, of each target that is behind"
    ),
    "zdt_fleet_run_info": "1 for the newest run, with its id and status",
    "zdt_fleet_run_open_targets": (
        "Number of targets of the newest run that are not done, by status"
    ),
    "zdt_fleet_run_target_seconds": (
        "Time since a target of the newest run was begun, or until it failed"
    ),
}
_OPEN = ("waiting", "running", "failed")


def _fleet(found: Found) -> Gauges:
    gauges = Gauges(FLEET)
    targets = found["targets"]
    states = Counter(map(_state_of, targets))
    for state in ("current", "behind", "unknown"):
        gauges.add("zdt_fleet_targets", states[state], {"state": state})
    for each in targets:
        if _state_of(each) == "behind":
            number, labels = len(each["pending"]), {"target": each["name"]}
            gauges.add("zdt_fleet_target_pending_revisions", number, labels)
    if found["run"]:
        info = {"run": found["run"], "status": found["status"]}
        gauges.add("zdt_fleet_run_info", 1, info)
        _add_open_targets(gauges, found["open"])
    return gauges


def _add_open_targets(gauges: Gauges, targets: Sequence[Found]) -> None:
    statuses = Counter(each["status"] for each in targets)
    for status in _OPEN:
        gauges.add("zdt_fleet_run_open_targets", statuses[status], {"status": status})
    for each in targets:
        if each["status"] != "waiting":
            labels = {"target": each["name"], "status": each["status"]}
            gauges.add("zdt_fleet_run_target_seconds", each["seconds"], labels)


def _state_of(target: Found) -> str:
    if target["error"]:
        return "unknown"
    return "behind" if target["pending"] else "current"


_COMMANDS: Mapping[str, Callable[[Found], Gauges]] = {
    "status": _status,
    "backfill status": _backfill,
    "backfill status NAME": _one_backfill,
    "fleet status": _fleet,
}


def metrics_of(command: str, found: Found) -> str:
    """Return the metrics of what a command has found.

    Args:
        command: the command, for example ``backfill status``, and ``backfill status
            NAME`` for a single one.
        found: the object that it prints with ``--json``, without its version.
    """
    return _COMMANDS[command](found).as_text()


def _unix_time(text: str | None) -> float | None:
    """Return the seconds since 1970, None if the time is unknown.

    With another ``DateStyle`` than ISO the server's text is not read.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).timestamp()
