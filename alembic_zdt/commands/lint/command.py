"""``alembic-zdt lint``: check revisions and files of SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import config_values, contexts, runs
from alembic_zdt.checks.engine import lint as look
from alembic_zdt.checks.models import Models
from alembic_zdt.checks.policy import Policy, exempted
from alembic_zdt.checks.revision_file import Directory, unlabelled_heads
from alembic_zdt.checks.revision_finding import RevisionFinding
from alembic_zdt.checks.sql.files import recorded_file
from alembic_zdt.checks.sql.parsing import NEEDS_THE_PARSER
from alembic_zdt.checks.unchecked_places import (
    Unchecked,
    not_accepted,
    unchecked_places,
)
from alembic_zdt.checks.understanding import acts_of_all
from alembic_zdt.commands.facts_use import oracle_of
from alembic_zdt.commands.lint.changed_files import changed_files
from alembic_zdt.commands.lint.live_database import Applied, asking
from alembic_zdt.commands.lint.loading import cannot_import, line_of_import
from alembic_zdt.commands.lint.offline_run import OfflineRun
from alembic_zdt.errors import UsageError
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.facts.exported import Facts
from alembic_zdt.findings import exit_code
from alembic_zdt.oracle.answers import Answers
from alembic_zdt.oracle.oracle import Oracle
from alembic_zdt.recording.broken_files import BrokenFile
from alembic_zdt.recording.call import RecordedRevision
from alembic_zdt.recording.import_stubs import stubbed
from alembic_zdt.recording.without_server import WithoutServer
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.settings import Settings


@dataclass(frozen=True)
class Linted:
    """The result of a lint.

    Attributes:
        findings: the findings, in the order of the revisions.
        unchecked: the parts that could not be checked.
        revisions: the number of checked revisions.
        other_databases: the parts that are code for another database.
        facts: when the facts that were used were exported, None without facts.
    """

    findings: Sequence[RevisionFinding]
    unchecked: Sequence[Unchecked]
    revisions: int
    other_databases: Sequence[Unchecked] = ()
    facts: str | None = None

    @classmethod
    def of(
        cls,
        findings: Sequence[RevisionFinding],
        places: Iterable[Unchecked],
        revisions: int,
    ) -> Linted:
        """Build the result, without the places that a comment accepts."""
        left = tuple(not_accepted(dict.fromkeys(places)))
        own = tuple(each for each in left if not each.is_for_others)
        others = tuple(each for each in left if each.is_for_others)
        return cls(findings, own, revisions, others)

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code, where an unchecked part counts as a warning.

        A file that cannot be imported counts as an error.
        """
        if any(each.is_broken for each in self.unchecked):
            return ExitCode.ERROR
        return exit_code(self.findings, unchecked=bool(self.unchecked))

    @property
    def unread_sql(self) -> int:
        """Return the number of places with SQL that needs the missing parser."""
        return sum(NEEDS_THE_PARSER in each.reason for each in self.unchecked)

    def without(self, known: Collection[str]) -> Linted:
        """Return the result without the findings and places of these fingerprints."""
        new = [found for found in self.findings if found.fingerprint not in known]
        left = [
            each
            for each in self.unchecked
            if each.is_broken or each.fingerprint not in known
        ]
        return replace(self, findings=tuple(new), unchecked=tuple(left))

    def as_json(self) -> dict[str, Any]:
        """Return the result for ``--json``."""
        return {
            "findings": [found.as_json() for found in self.findings],
            "unchecked": [each.as_json() for each in self.unchecked],
            "other_databases": [each.as_json() for each in self.other_databases],
            "revisions": self.revisions,
            "facts": self.facts,
        }


@dataclass(frozen=True)
class Wanted:
    """The revisions to check.

    Attributes:
        revision_range: ``from:to``, or where to end.  None means all; with a database
            or its facts, all that are not applied.
        git: only files that differ from this commit, or are new.
        downgrade: check the downgrades.
    """

    revision_range: str | None = None
    git: str | None = None
    downgrade: bool = False

    @property
    def is_narrowed(self) -> bool:
        """Check whether the caller chose revisions, which may be applied ones."""
        return self.revision_range is not None or self.downgrade


def lint(
    config: Config,
    revision_range: str | None = None,
    *,
    git: str | None = None,
    downgrade: bool = False,
    stubs: Sequence[str] = (),
    database: str | None = None,
    facts: Facts | None = None,
) -> Linted:
    """Check revisions, with a database only if its URL or its facts are given.

    Args:
        config: Alembic's configuration.
        revision_range: see :class:`Wanted`.
        git: see :class:`Wanted`.
        downgrade: see :class:`Wanted`.
        stubs: packages to replace with empty stubs if they are not installed.
        database: the URL of a database.
        facts: the facts of a database, instead of the URL.

    Raises:
        CommandError: a revision does not exist, or cannot be read.
        UsageError: the facts cannot be used.
    """
    wanted = Wanted(revision_range, git, downgrade)
    _, _, end = (revision_range or "").rpartition(":")
    run = OfflineRun(config, end or "heads", downgrade=downgrade)
    with stubbed(stubs):
        found = run.recorded()
    script, settings = run.script, settings_of(found.context)
    env = [Unchecked("", run.env_file, 0, run.failure)] if run.failure else []
    left = (*env, *(_of_broken(each) for each in run.broken.files))
    seen = _Seen(found, script, settings, left, is_way_back=downgrade)
    names = _names(script, wanted, found.revisions, settings)
    if facts is not None:
        only, answers = oracle_of(facts, database)
        then = Applied.at_export(only, script)
        linted = seen.compared(names, wanted, then, answers)
        return replace(linted, facts=facts.exported_at)
    if database is None:
        return seen.linted(names)

    def look(oracle: Oracle) -> Linted:
        there = Applied.of(oracle, script, found.context)
        return seen.compared(names, wanted, there, oracle)

    return asking(config, database, settings, look)


@dataclass(frozen=True)
class _Seen:
    """The recorded revisions, and the context for checking them.

    Attributes:
        recorded: the recorded revisions.
        script: the revisions.
        settings: the project's settings.
        left: the files that were left out: env.py, if it could not run, and files that
            cannot be imported.
        is_way_back: whether downgrades were recorded.
    """

    recorded: WithoutServer
    script: ScriptDirectory
    settings: Settings
    left: Sequence[Unchecked]
    is_way_back: bool

    def linted(
        self,
        names: Collection[str],
        oracle: Answers | None = None,
        edited: frozenset[str] = frozenset(),
    ) -> Linted:
        """Return the result for the revisions with these names."""
        revisions = self.recorded.revisions
        directory = None if self.is_way_back else self._directory(edited)
        policy = Policy.of(self.settings)
        migration = self.recorded.context
        findings = tuple(look(revisions, names, policy, oracle, directory, migration))
        looked_at = [each for each in revisions if each.script.revision in names]
        whole = (
            left for left in self.left if not left.revision or left.revision in names
        )
        places = (*whole, *unchecked_places(looked_at))
        number = len({each.script.revision for each in looked_at})
        return Linted.of(findings, places, number)

    def compared(
        self,
        names: frozenset[str],
        wanted: Wanted,
        there: Applied,
        oracle: Answers,
    ) -> Linted:
        """Return the result for the revisions that are pending or were edited."""
        pending = names if wanted.is_narrowed else names - there.revisions
        return self.linted(pending | (there.edited & names), oracle, there.edited)

    def _directory(self, edited: frozenset[str]) -> Directory:
        metadata = runs.target_metadata(self.recorded.context)
        acts = (acts_of_all(each.calls) for each in self.recorded.revisions)
        models = Models(metadata, acts) if metadata else None
        return Directory(unlabelled_heads(self.script), edited, models)


def lint_files(
    paths: Sequence[Path],
    config: Config | None = None,
    database: str | None = None,
    facts: Facts | None = None,
) -> Linted:
    """Check files of SQL.

    Args:
        paths: the paths of the files.
        config: Alembic's configuration, for the settings.
        database: the URL of a database to ask.
        facts: the facts of a database, instead of the URL.

    Raises:
        UsageError: a file does not exist, or the facts cannot be used.
    """
    for path in paths:
        if not path.is_file():
            raise UsageError(
                f'there is no file "{path}"',
                detail="A target that ends in .sql is a file of SQL.",
                hint="Write the path of the file, or a range of revisions: base:heads.",
            )
    found = [recorded_file(path) for path in paths]
    config = config or Config()
    settings = Settings.from_sources(*config_values.config_settings(config))

    def look_at(oracle: Answers | None) -> Linted:
        findings = tuple(look(found, None, Policy.of(settings), oracle))
        return Linted.of(findings, unchecked_places(found), len(found))

    if facts is not None:
        _, answers = oracle_of(facts, database)
        return replace(look_at(answers), facts=facts.exported_at)
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


def _of_broken(broken: BrokenFile) -> Unchecked:
    """Return the place of a file that cannot be imported."""
    error, path = broken.error, broken.path
    line, words = line_of_import(error, path), cannot_import(error)
    return Unchecked(broken.revision, str(path), line, words, is_broken=True)
