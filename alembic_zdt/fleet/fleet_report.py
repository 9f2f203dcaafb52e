"""The newest run of a fleet as one page of HTML, which needs no other file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from html import escape

from alembic.config import Config

from alembic_zdt.fleet.control import over
from alembic_zdt.fleet.fleet_run import (
    DONE,
    FAILED,
    RUNNING,
    WAITING,
    FleetRun,
    TargetRow,
)
from alembic_zdt.fleet.fleet_settings import control_url, fleet_settings
from alembic_zdt.fleet.fleet_status import newest_run

_ORDER = (FAILED, RUNNING, WAITING, DONE)
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem;
  padding: 0 1rem; color: #1f2328; background: #fff; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #d1d9e0; padding: .4rem; text-align: left;
  vertical-align: top; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.failed { color: #b3261e; } .done { color: #1a7f37; }
"""


def report(config: Config) -> str:
    """Return the page of the newest run.

    Args:
        config: Alembic's configuration.

    Raises:
        CannotConnectError: the control database does not answer.
    """
    url = control_url(config, fleet_settings(config))
    run, rows = over(url, partial(newest_run, with_done=True))
    return page_of(run or FleetRun("", status="there was no run"), rows)


def page_of(run: FleetRun, rows: Sequence[TargetRow]) -> str:
    """Return the page of a run.

    Args:
        run: the run.
        rows: all of its targets.
    """
    return "\n".join(_lines(run, rows)) + "\n"


def _lines(run: FleetRun, rows: Sequence[TargetRow]) -> Iterator[str]:
    title = f"Fleet run {escape(run.id)}"
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    reason = f": {escape(run.reason)}" if run.reason else ""
    yield f"<h1>{title}</h1>\n<p>{escape(run.status)}{reason}</p>"
    counts = Counter(each.status for each in rows)
    words = ", ".join(f"{counts[each]} {each}" for each in reversed(_ORDER))
    goal = ", ".join(filter(None, [*run.options.heads, run.options.phase]))
    yield f"<p>{words}; goal: {escape(goal)}</p>"
    yield "<table>\n<tr><th>target</th><th>status</th><th>seconds</th><th></th></tr>"
    ordered = sorted(rows, key=lambda e: (_ORDER.index(e.status), -e.seconds))
    yield from map(_row, ordered)
    yield "</table>\n</body>\n</html>"


def _row(each: TargetRow) -> str:
    words = each.error or each.step
    status = f'<td class="{each.status}">{each.status}{" (canary)" * each.is_canary}'
    return (
        f"<tr><td>{escape(each.name)}</td>{status}</td><td>{each.seconds:.1f}</td>"
        f"<td>{f'<pre>{escape(words)}</pre>' if words else ''}</td></tr>"
    )
