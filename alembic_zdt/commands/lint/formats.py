"""Output formats of ``alembic-zdt lint``, for a terminal and for other programs.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://docs.gitlab.com/ci/testing/code_quality/
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from alembic_zdt.checks.check import Severity
from alembic_zdt.checks.finding import Evidence, Finding
from alembic_zdt.checks.registry import all_checks
from alembic_zdt.commands.lint.command import Linted
from alembic_zdt.errors import UsageError
from alembic_zdt.printable import printable

_GITHUB = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.ADVICE: "notice",
}
_GITLAB = {
    Severity.ERROR: "critical",
    Severity.WARNING: "major",
    Severity.ADVICE: "info",
}
_SARIF = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}


def _human(linted: Linted) -> Iterator[str]:
    return map(printable, _lines(linted))


def _lines(linted: Linted) -> Iterator[str]:
    for found in linted.findings:
        place = f"{relative(found.file)}:{found.line}"
        yield f"{place}: {found.severity.value}: {found.check}: {found.words}"
        yield f"  {found.reason}"
        if found.size:
            yield f" {sized(found)}"
        yield from (f"    {line}" for line in found.instead.splitlines())
    for left in linted.not_looked_at:
        yield f"{relative(left.file)}:{left.line}: not looked at: {left.reason}"
    yield summary(linted)


def summary(linted: Linted) -> str:
    """Return the last line, with the numbers of revisions and findings."""
    counts = (
        counted(linted.revisions, "revision"),
        counted(len(linted.findings), "finding"),
        counted(len(linted.not_looked_at), "place") + " that could not be looked at",
    )
    return ", ".join(counts)


def sized(found: Finding) -> str:
    """Return the table's size from a database, as sentences after others."""
    if not found.size:
        return ""
    is_known = found.evidence is Evidence.CATALOG
    known = " A database was asked what it does." if is_known else ""
    return f" The table has {found.size}.{known}"


def counted(number: int, what: str) -> str:
    """Return a number with its noun, such as ``1 file`` or ``2 files``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _json(linted: Linted) -> Iterator[str]:
    yield json.dumps(linted.as_json(), indent=2)


def _github(linted: Linted) -> Iterator[str]:
    """Yield workflow commands, which GitHub shows at the lines of a pull request."""
    for found in linted.findings:
        place = f"file={relative(found.file)},line={found.line},title={found.check}"
        text = _escaped(_whole(found))
        yield f"::{_GITHUB[found.severity]} {place}::{text}"
    for left in linted.not_looked_at:
        place = f"file={relative(left.file)},line={left.line},title=not looked at"
        yield f"::warning {place}::{_escaped(left.reason)}"


def _escaped(text: str) -> str:
    text = printable(text, keep="\r\n")
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _gitlab(linted: Linted) -> Iterator[str]:
    report = [
        {
            "description": f"{found.words}. {found.reason}{sized(found)}",
            "check_name": found.check,
            "fingerprint": found.fingerprint,
            "severity": _GITLAB[found.severity],
            "location": {
                "path": relative(found.file),
                "lines": {"begin": max(found.line, 1)},
            },
        }
        for found in linted.findings
    ]
    yield json.dumps(report, indent=2)


def _sarif(linted: Linted) -> Iterator[str]:
    used = {found.check for found in linted.findings}
    rules = [
        {"id": check.id, "shortDescription": {"text": check.reason}}
        for check in all_checks().values()
        if check.id in used
    ]
    driver = {"name": "alembic-zdt", "version": version("alembic-zdt"), "rules": rules}
    run = {
        "tool": {"driver": driver},
        "results": [_result(found) for found in linted.findings],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    report = {"$schema": schema, "version": "2.1.0", "runs": [run]}
    yield json.dumps(report, indent=2)


def _result(found: Finding) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": relative(found.file)},
        "region": {"startLine": max(found.line, 1)},
    }
    return {
        "ruleId": found.check,
        "level": _SARIF[found.severity],
        "message": {"text": _whole(found)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"alembicZdt/v1": found.fingerprint},
    }


def _markdown(linted: Linted) -> Iterator[str]:
    yield "| where | check | what | instead |"
    yield "| --- | --- | --- | --- |"
    for found in linted.findings:
        instead = "<br>".join(f"`{line}`" for line in found.instead.splitlines())
        cells = (
            f"{relative(found.file)}:{found.line}",
            f"{found.check} ({found.severity.value})",
            f"{found.words}. {found.reason}{sized(found)}",
            instead,
        )
        shown = (printable(cell).replace("|", r"\|") for cell in cells)
        yield f"| {' | '.join(shown)} |"
    for left in linted.not_looked_at:
        reason = printable(left.reason)
        yield f"| {relative(left.file)}:{left.line} | not looked at | {reason} | |"


def _whole(found: Finding) -> str:
    instead = f"\n{found.instead}" if found.instead else ""
    return f"{found.words}. {found.reason}{sized(found)}{instead}"


def relative(file: str) -> str:
    """Return the path relative to the current folder, if the file is below it."""
    path = Path(file)
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else file


FORMATS: Mapping[str, Callable[[Linted], Iterator[str]]] = MappingProxyType(
    {
        "human": _human,
        "json": _json,
        "github": _github,
        "gitlab": _gitlab,
        "sarif": _sarif,
        "markdown": _markdown,
    }
)
"""Formats by the value of ``--format``."""


def named(name: str) -> Callable[[Linted], Iterator[str]]:
    """Return the format with this name.

    Raises:
        UsageError: the format does not exist.
    """
    if name not in FORMATS:
        raise UsageError(
            f'--format is "{name}"',
            detail=f"The formats are {', '.join(FORMATS)}.",
            hint="Write --format github, for example.",
        )
    return FORMATS[name]


def explained(name: str) -> Iterator[str]:
    """Yield the explanation of a check.

    Raises:
        UsageError: the check does not exist.
    """
    check = all_checks().get(name)
    if check is None:
        close = difflib.get_close_matches(name, all_checks(), n=1)
        guess = f'Did you mean "{close[0]}"? ' if close else ""
        raise UsageError(
            f'there is no check "{name}"',
            detail=f"There are {', '.join(all_checks())}.",
            hint=f"{guess}Write --explain set-not-null, for example.",
        )
    yield f"{check.id} ({check.severity.value})"
    yield check.reason
    yield from ("", "bad:", *(f"    {line}" for line in check.bad.splitlines()))
    for number, good in enumerate(check.good_revisions, 1):
        which = f", revision {number}" if len(check.good_revisions) > 1 else ""
        yield from (f"good{which}:", *(f"    {line}" for line in good.splitlines()))


def too_many(targets: Sequence[str]) -> UsageError:
    """Return the error for several ranges, or a range together with files."""
    return UsageError(
        f"cannot look at {' and '.join(targets)} at once",
        detail="It is one range of revisions, or any number of files that end in .sql.",
        hint="Write alembic-zdt lint base:heads, or alembic-zdt lint change.sql.",
    )


def only_for_revisions(targets: Sequence[str]) -> UsageError:
    """Return the error for options that do not apply to files of SQL."""
    return UsageError(
        f"--since, --git and --downgrade say nothing of {' and '.join(targets)}",
        detail="Files of SQL have no order and no way back.",
        hint="Leave them out.",
    )
