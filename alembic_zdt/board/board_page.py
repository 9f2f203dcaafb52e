"""Write the page of the board, without any script: it asks for itself again.

https://html.spec.whatwg.org/multipage/semantics.html#attr-meta-http-equiv-refresh
"""

from __future__ import annotations

from collections import Counter
from importlib import resources
from importlib.metadata import version
from types import SimpleNamespace

from mako.template import Template

from alembic_zdt.board.board_state import BoardState
from alembic_zdt.catalog.activity import Holder

REFRESH = 5
"""Seconds until the page asks again."""


def page_of(state: BoardState) -> str:
    """Return the HTML of the page.

    Args:
        state: what it shows.
    """
    view = {
        "refresh": REFRESH,
        "when": state.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "version": version("alembic-zdt"),
        "state": state,
        "fleet_counts": _counts(state),
        "duration": duration,
        "blocker": blocker,
    }
    template = Template(  # noqa: S702  # the last filter escapes
        file_text("board.mako"),
        imports=["from alembic_zdt.printable import printable"],
        default_filters=["str", "printable", "h"],
    )
    return str(template.render(page=SimpleNamespace(**view)))


def page_of_fault() -> str:
    """Return the HTML of a page that could not be written, which asks again."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="{REFRESH}">'
        "<title>Board of migrations</title></head><body><main><p>The page could not be "
        "written; the terminal of the board has the text.</p></main></body></html>\n"
    )


def file_text(name: str) -> str:
    """Return the text of a file of this package."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _counts(state: BoardState) -> str:
    statuses = Counter(each["status"] for each in (state.fleet or {}).get("open", ()))
    parts = (f"{statuses[each]} {each}" for each in ("running", "waiting", "failed"))
    return ", ".join(parts)


def duration(seconds: float | None) -> str:
    """Return a time in seconds or minutes, a dash if it is unknown."""
    if seconds is None:
        return "–"  # noqa: RUF001  # a dash
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def blocker(holder: Holder) -> str:
    """Return one line about a session that blocks others."""
    who = f"pid {holder.pid}" if holder.pid else "a prepared transaction"
    parts = [
        holder.kind if holder.is_autovacuum else "",
        holder.state,
        holder.application,
        f"role {holder.role}" if holder.role else "",
        f"open for {duration(holder.age)}" if holder.age is not None else "",
        holder.query,
    ]
    return ", ".join([who, *filter(None, parts)])
