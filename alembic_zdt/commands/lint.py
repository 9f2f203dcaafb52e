"""``alembic-zdt lint``: what the checks find in revisions, without a database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_zdt import compat
from alembic_zdt.checks.check import Severity
from alembic_zdt.checks.finding import Finding
from alembic_zdt.checks.linting import lint as look
from alembic_zdt.checks.recording.call import RecordedRevision
from alembic_zdt.checks.recording.recorder import recorded
from alembic_zdt.checks.recording.stubs import stubbed
from alembic_zdt.checks.sql.files import recorded_file
from alembic_zdt.commands.changed_files import changed_files
from alembic_zdt.commands.environment import (
    nothing_ran,
    quiet,
    without_a_database,
)
from alembic_zdt.commands.loading import loaded, naming_what_is_missing
from alembic_zdt.errors import UsageError
from alembic_zdt.settings import Settings

EXIT_CODES = {Severity.ERROR: 2, Severity.WARNING: 1, Severity.ADVICE: 0}
"""By the worst that was found; what could not be looked at counts as a warning."""


@dataclass(frozen=True)
class NotLookedAt:
    """Something that no check could look at.

    Attributes:
        revision: in which.
        file: its path.
        line: there.
        reason: why.
    """

    revision: str
    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class Linted:
    """What was found.

    Attributes:
        findings: in the order of the revisions.
        not_looked_at: what no check could look at.
        revisions: how many were looked at.
    """

    findings: Sequence[Finding]
    not_looked_at: Sequence[NotLookedAt]
    revisions: int

    @property
    def exit_code(self) -> int:
        """For scripts."""
        codes = [EXIT_CODES[found.severity] for found in self.findings]
        return max([*codes, *(1 for _ in self.not_looked_at)], default=0)

    def without(self, known: Collection[str]) -> Linted:
        """The same, without the findings of these fingerprints."""
        new = [found for found in self.findings if found.fingerprint not in known]
        return replace(self, findings=tuple(new))

    def as_json(self) -> dict[str, Any]:
        """For other programs."""
        return {
            "findings": [found.as_json() for found in self.findings],
            "not_looked_at": [vars(each) for each in self.not_looked_at],
            "revisions": self.revisions,
        }


def lint(
    config: Config,
    revision_range: str | None = None,
    *,
    git: str | None = None,
    downgrade: bool = False,
    stubs: Sequence[str] = (),
) -> Linted:
    """Look at revisions; no database is needed, and none is asked.

    Args:
        config: Alembic's.
        revision_range: ``from:to``, or where to end; None is all.
        git: look only at files that differ from this commit, or are new.
        downgrade: look at the way back.
        stubs: packages that are answered by nothing, if they are not here.

    Raises:
        CommandError: a revision does not exist, or cannot be read.
    """
    start, _, end = (revision_range or "").rpartition(":")
    version = Settings.from_sources(*compat.config_settings(config)).target_version
    ends = ("heads", "base") if downgrade else ("base", end or "heads")
    with stubbed(stubs), quiet(config), naming_what_is_missing(), without_a_database():
        script = loaded(config)
        found = recorded(config, script, *ends, version * 10000, downgrade=downgrade)
    if found is None:
        raise nothing_ran()
    wanted = _wanted(script, start, end) if revision_range else None
    if git is not None:
        changed = changed_files(git, Path(script.dir))
        own = {
            r.script.revision for r in found if Path(r.script.path).resolve() in changed
        }
        wanted = frozenset(own if wanted is None else own & wanted)
    looked_at = [r for r in found if wanted is None or r.script.revision in wanted]
    findings = tuple(look(found, wanted))
    left_out = tuple(dict.fromkeys(_left_out(looked_at)))
    return Linted(findings, left_out, len({r.script.revision for r in looked_at}))


def lint_files(paths: Sequence[Path]) -> Linted:
    """Look at files of SQL.

    Args:
        paths: of the files.

    Raises:
        UsageError: there is no such file.
    """
    for path in paths:
        if not path.is_file():
            raise UsageError(
                f'there is no file "{path}"',
                detail="It should hold SQL.",
                hint="Write its path, or the range of revisions: base:heads.",
            )
    found = [recorded_file(path) for path in paths]
    return Linted(tuple(look(found)), tuple(_left_out(found)), len(found))


def _wanted(script: ScriptDirectory, start: str, end: str) -> frozenset[str]:
    steps = compat.steps_between(
        script, start or "base", end or "heads", downgrade=False
    )
    revisions: list[Any] = [getattr(step, "revision", None) for step in steps]
    return frozenset(each.revision for each in revisions if each is not None)


def _left_out(revisions: Sequence[RecordedRevision]) -> Iterator[NotLookedAt]:
    for revision in revisions:
        name, path = revision.script.revision, revision.script.path
        for call in revision.calls:
            for reason in call.unread:
                yield NotLookedAt(name, path, call.line, reason)
        if revision.error:
            is_file = not revision.script.revision
            why = "" if is_file else "it fails without a database: "
            reason = f"{why}{revision.error}"
            yield NotLookedAt(name, path, revision.line, reason)
