"""The pages of the checks: a table of all, and one for each."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from functools import partial

from alembic_zdt import registration
from alembic_zdt.checks import rules
from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.registry import own_checks
from tools.directives import paragraphs
from tools.markdown import NOTICE, block, code, prose, reference, semantic, table
from tools.recorded import VERSIONS


def pages() -> dict[str, Callable[[], str]]:
    """Each page by its path, as a function that makes it."""
    registration.register()
    each = {f"docs/checks/{check.id}.md": partial(_page, check) for check in _checks()}
    return {"docs/checks/index.md": _index, **each}


def _checks() -> list[Check]:
    return sorted(own_checks(), key=lambda check: check.id)


def _index() -> str:
    columns = ("check", "severity", "lock", "elsewhere")
    intro = (
        "The checks of [`alembic-zdt lint`](../lint.md).\n"
        "The tests run the bad example of each check on a server and measure what its "
        "page says. They run the good example, too, and no check reports it."
    )
    listed = "\n".join(check.id for check in _checks())
    tree = f"```{{toctree}}\n:hidden:\n\n{listed}\n```"
    return f"# Checks\n\n{NOTICE}\n\n{intro}\n\n{table(columns, _rows())}\n\n{tree}\n"


def _rows() -> Iterator[tuple[str, ...]]:
    for check in _checks():
        yield (
            f"[{code(check.id)}]({check.id}.md)",
            check.severity.value,
            _locks(check) or "",
            _elsewhere(check),
        )


def _page(check: Check) -> str:
    module = sys.modules[f"{rules.__name__}.{check.id.replace('-', '_')}"]
    story = inspect.getdoc(module) or ""
    told = list(paragraphs(story))
    links = [each for each in told if each.startswith("https://")]
    first, *more = (prose(each) for each in told if each not in links)
    parts = [
        f"# {check.id}",
        NOTICE,
        semantic(first),
        semantic(check.reason),
        *map(semantic, more),
        *_measured(check),
        *_asking(check),
        "## Bad",
        block(check.bad),
        "## Good",
        *_good(check),
        "## Versions",
        f"PostgreSQL {check.since} to {VERSIONS[-1]}.",
    ]
    if check.elsewhere:
        parts += ["## The same rule elsewhere", f"{_elsewhere(check)}."]
    parts += ["## See also", *map(reference, links)]
    return "\n\n".join(parts) + "\n"


def _good(check: Check) -> Iterator[str]:
    if len(check.good_revisions) > 1:
        yield "Each block is a revision of its own."
    yield from map(block, check.good_revisions)


def _asking(check: Check) -> Iterator[str]:
    if check.asks:
        yield semantic(
            "This check needs a database: the [guard](../guard.md) and "
            "`lint --database` make it."
            if check.id != "no-lock-timeout"
            else "This check needs the session of the run: the [guard](../guard.md) "
            "makes it."
        )


def _measured(check: Check) -> Iterator[str]:
    claim = check.claim
    if claim is None:
        return
    if claim.fails:
        yield f"The bad example fails with SQLSTATE {code(claim.fails)}."
        return
    lines = [f"* takes {_locks(check) or 'no lock on a table'}"]
    if claim.scans:
        names = " and ".join(code(name) for name in sorted(claim.scans))
        lines.append(f"* reads all of {names} under this lock")
    if claim.rewrites:
        names = " and ".join(code(name) for name in sorted(claim.rewrites))
        lines.append(f"* rewrites {names}")
    yield "The bad example, measured:\n\n" + "\n".join(lines)


def _locks(check: Check) -> str:
    locks = check.claim.locks if check.claim else {}
    return ", ".join(
        f"{mode.value} on {code(name)} (blocks {mode.blocks})"
        for name, mode in locks.items()
    )


def _elsewhere(check: Check) -> str:
    return ", ".join(f"{tool}: {code(name)}" for tool, name in check.elsewhere.items())
