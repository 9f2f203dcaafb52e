"""``alembic-zdt lint``: check revisions and files of SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import config_values, contexts, runs
from alembic_zdt.checks.check import Severity
from alembic_zdt.checks.engine import lint as look
from alembic_zdt.checks.finding import Finding
from alembic_zdt.checks.models import Models
from alembic_zdt.checks.policy import Policy, exempted
from alembic_zdt.checks.revision_file import Directory, unlabelled_heads
from alembic_zdt.checks.sql.files import recorded_file
from alembic_zdt.checks.understanding import acts_of_all
from alembic_zdt.commands.lint.changed_files import changed_files
from alembic_zdt.commands.lint.database import Applied, asking
from alembic_zdt.commands.lint.offline_run import OfflineRun
from alembic_zdt.errors import UsageError
from alembic_zdt.oracle.oracle import Oracle
from alembic_zdt.recording.call import RecordedRevision
from alembic_zdt.recording.import_stubs import stubbed
from alembic_zdt.recording.recorder import Recorded
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.settings import Settings

EXIT_CODES = {Severity.ERROR: 2, Severity.WARNING: 1, Severity.ADVICE: 0}
"""Exit codes by the worst severity; a part that was not checked counts as a warning."""


@dataclass(frozen=True)
class NotLookedAt:
    """A part of a revision that could not be checked.

    Attributes:
        revision: the revision's id.
        file: the path of its file.
        line: the line in the file.
        reason: why it could not be checked.
    """

    revision: str
    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class Linted:
    """The result of a lint.

    Attributes:
        findings: in the order of the revisions.
        not_looked_at: the parts that could not be checked.
        revisions: the number of checked revisions.
    """

    findings: Sequence[Finding]
    not_looked_at: Sequence[NotLookedAt]
    revisions: int

    @property
    def exit_code(self) -> int:
        """Return the exit code for scripts."""
        codes = [EXIT_CODES[found.severity] for found in self.findings]
        return max([*codes, *(1 for _ in self.not_looked_at)], default=0)

    def without(self, known: Collection[str]) -> Linted:
        """Return the result without the findings that have these fingerprints."""
        new = [found for found in self.findings if found.fingerprint not in known]
        return replace(self, findings=tuple(new))

    def as_json(self) -> dict[str, Any]:
        """Return the result for ``--json``."""
        return {
            "findings": [found.as_json() for found in self.findings],
            "not_looked_at": [vars(each) for each in self.not_looked_at],
            "revisions": self.revisions,
        }


@dataclass(frozen=True)
class Wanted:
    """The revisions to check.

    Attributes:
        revision_range: ``from:to``, or where to end.  None means all; with a database,
            all that are not applied.
        git: only files that differ from this commit, or are new.
        downgrade: check the downgrades.
    """

    revision_range: str | None = None
    git: str | None = None
    downgrade: bool = False

    @property
    def is_narrowed(self) -> bool:
        """Check whether the caller chose revisions, so that applied ones count, too."""
        return self.revision_range is not None or self.downgrade


def lint(
    config: Config,
    revision_range: str | None = None,
    *,
    git: str | None = None,
    downgrade: bool = False,
    stubs: Sequence[str] = (),
    database: str | None = None,
) -> Linted:
    """Check revisions, with a database only if its URL is given.

    Args:
        config: Alembic's.
        revision_range: see :class:`Wanted`.
        git: see :class:`Wanted`.
        downgrade: see :class:`Wanted`.
        stubs: packages to replace with empty stubs if they are not installed.
        database: the URL of a database.

    Raises:
        CommandError: a revision does not exist, or cannot be read.
    """
    wanted = Wanted(revision_range, git, downgrade)
    _, _, end = (revision_range or "").rpartition(":")
    run = OfflineRun(config, end or "heads", downgrade=downgrade)
    with stubbed(stubs):
        found = run.recorded()
    script, settings = run.script, settings_of(found.context)
    env = [NotLookedAt("", run.env_file, 0, run.failure)] if run.failure else []
    seen = _Seen(found, script, settings, env, is_way_back=downgrade)
    names = _names(script, wanted, found.revisions, settings)
    if database is None:
        return seen.linted(names)

    def look(oracle: Oracle) -> Linted:
        there = Applied.of(oracle, script, found.context)
        pending = names if wanted.is_narrowed else names - there.revisions
        return seen.linted(pending | (there.edited & names), oracle, there.edited)

    return asking(config, database, settings, look)


@dataclass(frozen=True)
class _Seen:
    """The recorded revisions, and the context for checking them.

    Attributes:
        recorded: the recorded revisions.
        script: the revisions.
        settings: the project's settings.
        env: env.py, if it could not run.
        is_way_back: whether downgrades were recorded.
    """

    recorded: Recorded
    script: ScriptDirectory
    settings: Settings
    env: Sequence[NotLookedAt]
    is_way_back: bool

    def linted(
        self,
        names: Collection[str],
        oracle: Oracle | None = None,
        edited: frozenset[str] = frozenset(),
    ) -> Linted:
        """Return the result for the revisions with these names."""
        revisions = self.recorded.revisions
        directory = None if self.is_way_back else self._directory(edited)
        policy = Policy.of(self.settings)
        findings = tuple(look(revisions, names, policy, oracle, directory))
        looked_at = [each for each in revisions if each.script.revision in names]
        left_out = (*self.env, *dict.fromkeys(_left_out(looked_at)))
        return Linted(findings, left_out, len({r.script.revision for r in looked_at}))

    def _directory(self, edited: frozenset[str]) -> Directory:
        metadata = runs.target_metadata(self.recorded.context)
        acts = (acts_of_all(each.calls) for each in self.recorded.revisions)
        models = Models(metadata, acts) if metadata else None
        return Directory(unlabelled_heads(self.script), edited, models)


def lint_files(
    paths: Sequence[Path], config: Config | None = None, database: str | None = None
) -> Linted:
    """Check files of SQL.

    Args:
        paths: the paths of the files.
        config: Alembic's, for the settings.
        database: the URL of a database to ask.

    Raises:
        UsageError: a file does not exist.
    """
    for path in paths:
        if not path.is_file():
            raise UsageError(
                f'there is no file "{path}"',
                detail="It should hold SQL.",
                hint="Write its path, or the range of revisions: base:heads.",
            )
    found = [recorded_file(path) for path in paths]
    config = config or Config()
    settings = Settings.from_sources(*config_values.config_settings(config))

    def look_at(oracle: Oracle | None) -> Linted:
        findings = tuple(look(found, None, Policy.of(settings), oracle))
        return Linted(findings, tuple(_left_out(found)), len(found))

    return asking(config, database, settings, look_at) if database else look_at(None)


def _names(
    script: ScriptDirectory,
    wanted: Wanted,
    found: Sequence[RecordedRevision],
    settings: Settings,
) -> frozenset[str]:
    """Return the ids of the revisions to check."""
    names = frozenset(each.script.revision for each in found)
    names -= exempted(script, settings.start_after)
    if wanted.revision_range:
        start, _, end = wanted.revision_range.rpartition(":")
        names &= _between(script, start, end)
    if wanted.git is not None:
        changed = changed_files(wanted.git, Path(script.dir))
        names &= {
            r.script.revision for r in found if Path(r.script.path).resolve() in changed
        }
    return names


def _between(script: ScriptDirectory, start: str, end: str) -> frozenset[str]:
    steps = contexts.steps_between(
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
