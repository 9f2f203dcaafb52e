"""Output of ``alembic-zdt doctor`` for a terminal, a log, and other programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TextIO

from alembic_zdt.doctor.examination import Diagnosis
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.findings import Finding, Severity
from alembic_zdt.findings import exit_code as code_of
from alembic_zdt.printable import printable

_COLOURS = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def exit_code(diagnosis: Diagnosis) -> ExitCode:
    """Return the exit code, where a check that could not run counts as a warning."""
    return code_of(diagnosis.findings, unchecked=bool(diagnosis.unchecked))


def as_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the findings for ``--json``."""
    return {
        "findings": [found.as_json() for found in diagnosis.in_order()],
        "checked": diagnosis.checked,
        "unchecked": [
            {"check": name, "reason": reason}
            for name, reason in diagnosis.unchecked.items()
        ],
    }


def as_text(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield the lines for a log."""
    for found in diagnosis.in_order():
        yield from map(printable, found.as_text(_name(diagnosis, found)))
    yield from _ending(diagnosis)


def print_table(diagnosis: Diagnosis, stream: TextIO) -> bool:
    """Draw a table on a terminal, and return whether rich is installed."""
    try:
        from rich.console import Console  # noqa: PLC0415  # an optional extra
        from rich.table import Table  # noqa: PLC0415  # an optional extra
        from rich.text import Text  # noqa: PLC0415  # an optional extra
    except ImportError:
        return False
    console = Console(file=stream)
    if diagnosis.findings:
        table = Table("", "check", "what", "fix", show_lines=True)
        for found in diagnosis.in_order():
            colour = _COLOURS[found.severity.value]
            # Text, because a name may look like markup: "[/]".
            severity = Text(found.severity.value, style=colour)
            table.add_row(severity, *map(Text, _cells(diagnosis, found)))
        console.print(table)
    for line in _ending(diagnosis):
        console.print(Text(printable(line)))
    return True


def _cells(diagnosis: Diagnosis, found: Finding) -> Iterator[str]:
    return map(printable, (_name(diagnosis, found), found.message, found.suggestion))


def _name(diagnosis: Diagnosis, found: Finding) -> str:
    several = len({each.database for each in diagnosis.findings if each.database}) > 1
    return f"{found.check} ({found.database})" if several else found.check


def _ending(diagnosis: Diagnosis) -> Iterator[str]:
    for reason in dict.fromkeys(diagnosis.unchecked.values()):
        names = [name for name, why in diagnosis.unchecked.items() if why == reason]
        yield f"not checked: {', '.join(names)}: {reason}"
    made = f"{len(diagnosis.checked)} checks"
    yield f"{made}, {_counted(diagnosis) or 'nothing found'}"


def _counted(diagnosis: Diagnosis) -> str:
    words = []
    for severity in Severity:
        count = sum(each.severity is severity for each in diagnosis.findings)
        if count:
            words.append(f"{count} {severity.value}{'s' if count > 1 else ''}")
    return ", ".join(words)
