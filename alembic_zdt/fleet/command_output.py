"""The output of a command that was run on each target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.fleet.command_process import TargetResult
from alembic_zdt.printable import counted

_WORDS = {ExitCode.OK: "ok", ExitCode.WARNING: "warning", ExitCode.ERROR: "error"}


def line_of(each: TargetResult) -> str:
    """Return the line of one target."""
    words = each.answer.summary or each.answer.error.partition("\n")[0]
    return f"{_word(each):<7} {each.name}  {each.seconds:.1f} s: {words}"


def _word(each: TargetResult) -> str:
    return _WORDS.get(each.answer.exit_code, "failed")


def summary(found: Sequence[TargetResult]) -> Iterator[str]:
    """Yield the errors of the targets in full, and how many targets ended how."""
    for each in found:
        first, *more = each.answer.error.splitlines() or [""]
        if more:
            yield from (f"failed: {each.name}", f"  {first}")
            yield from (f"  {line}" for line in more)
    counts = Counter(map(_word, found))
    words = [f"{counts[w]} {w}" for w in (*_WORDS.values(), "failed") if counts[w]]
    yield ": ".join([counted(len(found), "target"), ", ".join(words)]).rstrip(": ")


def exit_code(found: Sequence[TargetResult]) -> ExitCode:
    """Return the worst exit code, which is the largest one that a shell shows."""
    codes = [each.answer.exit_code for each in found]
    return max(codes, key=lambda each: each.shown, default=ExitCode.OK)


def as_json(command: str, found: Sequence[TargetResult]) -> dict[str, Any]:
    """Return the results for ``--json``."""
    targets = [
        {
            "name": each.name,
            "exit_code": each.answer.exit_code.shown,
            "seconds": round(each.seconds, 3),
            "summary": each.answer.summary,
            "error": each.answer.error,
            "output": each.answer.output,
        }
        for each in found
    ]
    return {"command": command, "targets": targets}
