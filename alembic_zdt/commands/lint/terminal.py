"""Output of ``alembic-zdt lint`` on a terminal, file by file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, TextIO

from alembic_zdt.checks.revision_finding import RevisionFinding
from alembic_zdt.commands.lint.formats import relative, sized, summary
from alembic_zdt.commands.lint.linted import Linted
from alembic_zdt.printable import printable

_COLOURS = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def draw(linted: Linted, stream: TextIO) -> bool:
    """Draw the findings, and return whether rich is installed."""
    try:
        from rich.console import Console  # noqa: PLC0415  # an optional extra
        from rich.text import Text  # noqa: PLC0415  # an optional extra
    except ImportError:
        return False
    console = Console(file=stream, highlight=False)
    for file, findings in groupby(linted.findings, key=lambda found: found.file):
        console.print(Text(relative(file), style="bold underline"))
        for found in findings:
            for words, style in _parts(found):
                # Text, because a name may look like markup: "[/]".
                console.print(Text(printable(words), style=style))
        console.print()
    for left in linted.unchecked:
        place = f"{relative(left.file)}:{left.line}"
        words = printable(f"{place}: not looked at: {left.reason}")
        console.print(Text(words, style="yellow"))
    for left in linted.other_databases:
        place = f"{relative(left.file)}:{left.line}"
        console.print(Text(printable(f"{place}: for another database: {left.reason}")))
    console.print(Text(summary(linted), style="bold"))
    return True


def _parts(found: RevisionFinding) -> Iterator[tuple[str, Any]]:
    severity = found.severity.value
    head = f"{found.line:>5}  {severity}  {found.check}"
    yield f"{head}: {found.message}", _COLOURS[severity]
    yield f"       {found.reason}{sized(found)}", ""
    yield from ((f"         {line}", "green") for line in found.suggestion.splitlines())
