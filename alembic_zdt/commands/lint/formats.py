"""Output formats of ``alembic-zdt lint``, for a terminal and for other programs.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://docs.gitlab.com/ci/testing/code_quality/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from alembic_zdt.checks.registry import all_checks
from alembic_zdt.checks.revision_finding import Evidence, RevisionFinding
from alembic_zdt.checks.unchecked_places import Unchecked
from alembic_zdt.commands.json_output import printed
from alembic_zdt.commands.lint.linted import Linted
from alembic_zdt.errors import UsageError
from alembic_zdt.findings import Severity
from alembic_zdt.printable import counted, printable

_GITHUB = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}
_GITLAB = {
    Severity.ERROR: "critical",
    Severity.WARNING: "major",
    Severity.NOTE: "info",
}
_SARIF = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def _human(linted: Linted) -> Iterator[str]:
    return map(printable, _lines(linted))


def _lines(linted: Linted) -> Iterator[str]:
    for found in linted.findings:
        place = f"{relative(found.file)}:{found.line}"
        yield f"{place}: {found.severity.value}: {found.check}: {found.message}"
        yield f"  {found.reason}"
        if found.size:
            yield f" {sized(found)}"
        yield from (f"    {line}" for line in found.suggestion.splitlines())
    for left in linted.unchecked:
        yield f"{relative(left.file)}:{left.line}: not looked at: {left.reason}"
    for left in linted.other_databases:
        place = f"{relative(left.file)}:{left.line}"
        yield f"{place}: for another database: {left.reason}"
    yield summary(linted)


def summary(linted: Linted) -> str:
    """Return the last line, with the numbers of revisions and findings."""
    counts = (
        counted(linted.revisions, "revision"),
        counted(len(linted.findings), "finding"),
        counted(len(linted.unchecked), "place") + " that could not be looked at",
    )
    others = len(linted.other_databases)
    more = [counted(others, "place") + " for another database"] if others else []
    return ", ".join((*counts, *more))


def sized(found: RevisionFinding) -> str:
    """Return sentences with the size of the table, to append to a message."""
    if not found.size:
        return ""
    is_known = found.evidence is Evidence.CATALOG
    known = " A database has measured the effect." if is_known else ""
    return f" The table has {found.size}.{known}"


def _json(linted: Linted) -> Iterator[str]:
    yield printed(linted.as_json())


def _github(linted: Linted) -> Iterator[str]:
    """Yield workflow commands, which GitHub shows at the lines of a pull request."""
    for found in linted.findings:
        place = f"{_github_place(found.file, found.line)},title={found.check}"
        text = _escaped(_whole(found))
        yield f"::{_GITHUB[found.severity]} {place}::{text}"
    for left in linted.unchecked:
        place = f"{_github_place(left.file, left.line)},title=not looked at"
        yield f"::warning {place}::{_escaped(left.reason)}"
    for left in linted.other_databases:
        place = f"{_github_place(left.file, left.line)},title=for another database"
        yield f"::notice {place}::{_escaped(left.reason)}"


def _github_place(file: str, line: int) -> str:
    """Return a place, in whose path a comma or a colon would begin something else."""
    path = _escaped(relative(file)).replace(",", "%2C").replace(":", "%3A")
    return f"file={path},line={line}"


def _escaped(text: str) -> str:
    text = printable(text, keep="\r\n")
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _gitlab(linted: Linted) -> Iterator[str]:
    report = [
        {
            "description": f"{found.message}. {found.reason}{sized(found)}",
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
    report += [
        {
            "description": f"not looked at: {left.reason}",
            "check_name": "not-looked-at",
            "fingerprint": left.fingerprint,
            "severity": "major",
            "location": {
                "path": relative(left.file),
                "lines": {"begin": max(left.line, 1)},
            },
        }
        for left in linted.unchecked
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
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "results": [_result(found) for found in linted.findings],
    }
    left_out = (*linted.unchecked, *linted.other_databases)
    if left_out:
        notifications = [_notification(left) for left in left_out]
        run["invocations"] = [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": notifications,
            }
        ]
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    report = {"$schema": schema, "version": "2.1.0", "runs": [run]}
    yield json.dumps(report, indent=2)


def _notification(left: Unchecked) -> dict[str, Any]:
    """Return a place that was not looked at, which is no result of a rule."""
    words = "for another database" if left.is_for_others else "not looked at"
    return {
        "level": "note" if left.is_for_others else "warning",
        "message": {"text": f"{words}: {left.reason}"},
        "locations": [{"physicalLocation": _place(left.file, left.line)}],
    }


def _place(file: str, line: int) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": relative(file)},
        "region": {"startLine": max(line, 1)},
    }


def _result(found: RevisionFinding) -> dict[str, Any]:
    return {
        "ruleId": found.check,
        "level": _SARIF[found.severity],
        "message": {"text": _whole(found)},
        "locations": [{"physicalLocation": _place(found.file, found.line)}],
        "partialFingerprints": {"alembicZdt/v1": found.fingerprint},
    }


def _markdown(linted: Linted) -> Iterator[str]:
    yield "| where | check | what | instead |"
    yield "| --- | --- | --- | --- |"
    for found in linted.findings:
        instead = "<br>".join(f"`{line}`" for line in found.suggestion.splitlines())
        cells = (
            f"{relative(found.file)}:{found.line}",
            f"{found.check} ({found.severity.value})",
            f"{found.message}. {found.reason}{sized(found)}",
            instead,
        )
        yield _row(cells)
    for left in linted.unchecked:
        place = f"{relative(left.file)}:{left.line}"
        yield _row((place, "not looked at", left.reason, ""))
    for left in linted.other_databases:
        place = f"{relative(left.file)}:{left.line}"
        yield _row((place, "for another database", left.reason, ""))


def _row(cells: Iterable[str]) -> str:
    shown = (printable(cell).replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(shown)} |"


def _whole(found: RevisionFinding) -> str:
    instead = f"\n{found.suggestion}" if found.suggestion else ""
    return f"{found.message}. {found.reason}{sized(found)}{instead}"


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


def too_many(targets: Sequence[str]) -> UsageError:
    """Return the error for several ranges, or a range together with files."""
    return UsageError(
        f"cannot check {' and '.join(targets)} together",
        detail="Give one range of revisions, or any number of files that end in .sql.",
        hint="Write alembic-zdt lint base:heads, or alembic-zdt lint change.sql.",
    )


def only_for_revisions(targets: Sequence[str]) -> UsageError:
    """Return the error for options that do not apply to files of SQL."""
    return UsageError(
        f"--since, --git and --downgrade do not apply to {' and '.join(targets)}",
        detail="Files of SQL have no order and no downgrade.",
        hint="Leave these options out, or check revisions.",
    )
