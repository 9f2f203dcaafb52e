"""``alembic-zdt lint``: check revisions and files of SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
from alembic_zdt.checks.sql.files import recorded_file
from alembic_zdt.checks.unchecked_places import Unchecked, unchecked_places
from alembic_zdt.checks.understanding import acts_of_all
from alembic_zdt.commands.facts_use import oracle_of
from alembic_zdt.commands.lint.changed_files import changed_files
from alembic_zdt.commands.lint.linted import Linted
from alembic_zdt.commands.lint.live_database import Applied, asking
from alembic_zdt.commands.lint.loading import cannot_import, line_of_import
from alembic_zdt.commands.lint.offline_run import OfflineRun
from alembic_zdt.errors import UsageError
from alembic_zdt.facts.exported import Facts
from alembic_zdt.oracle.answers import Answers
from alembic_zdt.oracle.oracle import Oracle
from alembic_zdt.recording.broken_files import BrokenFile
from alembic_zdt.recording.call import RecordedRevision
from alembic_zdt.recording.import_stubs import stubbed
from alembic_zdt.recording.without_server import WithoutServer
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.settings import Settings


@dataclass(frozen=True)
class Wanted:
    """The revisions to check.

    Attributes:
        revision_range: ``from:to``, or where to end.  None means all; with a database
            or its facts, all that are not applied.
        git: only files that differ from this commit, or are new.
        downgrade: check the downgrades.
        only: the ids of the only revisions to check, None for all.
    """

    revision_range: str | None = None
    git: str | None = None
    downgrade: bool = False
    only: frozenset[str] | None = None

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
    return LintRun(config, wanted, stubs).linted(database, facts)


class LintRun:
    """All revisions of a project, recorded without a database to be checked.

    Args:
        config: Alembic's configuration.
        wanted: the revisions to check.
        stubs: packages to replace with empty stubs if they are not installed.

    Attributes:
        script: the revisions, in the folders that env.py names.
        context: env.py's migration context.
        recorded: the recorded revisions.
        settings: the project's settings.
        files: the files that the branch has changed, None without a base.
        chosen: the revisions to check, before a database is asked.
        applied: the applied revisions, None unless a database or its facts are asked.
    """

    def __init__(
        self, config: Config, wanted: Wanted, stubs: Sequence[str] = ()
    ) -> None:
        _, _, end = (wanted.revision_range or "").rpartition(":")
        run = OfflineRun(config, end or "heads", downgrade=wanted.downgrade)
        with stubbed(stubs):
            found = run.recorded()
        self.script, self.context = run.script, found.context
        self.recorded: Sequence[RecordedRevision] = found.revisions
        self.settings = settings_of(found.context)
        self.applied: frozenset[str] | None = None
        self.files = None
        if wanted.git is not None:
            self.files = changed_files(wanted.git, Path(run.script.dir))
        env = [Unchecked("", run.env_file, 0, run.failure)] if run.failure else []
        left = (*env, *(_of_broken(each) for each in run.broken.files))
        self._config, self._wanted = config, wanted
        self._seen = _Seen(
            *(found, run.script, self.settings, left), is_way_back=wanted.downgrade
        )
        self._names = self._chosen(found.revisions)
        scripts = {each.script.revision: each.script for each in found.revisions}
        self.chosen = [scripts[name] for name in scripts if name in self._names]

    def linted(self, database: str | None, facts: Facts | None) -> Linted:
        """Return the result for the chosen revisions.

        Args:
            database: the URL of a database.
            facts: the facts of a database, instead of the URL.

        Raises:
            UsageError: the facts cannot be used.
        """
        if facts is not None:
            only, answers = oracle_of(facts, database)
            then = Applied.at_export(only, self.script)
            return replace(self._compared(then, answers), facts=facts.exported_at)
        if database is None:
            return self._seen.linted(self._names)

        def look(oracle: Oracle) -> Linted:
            there = Applied.of(oracle, self.script, self.context)
            return self._compared(there, oracle)

        return asking(self._config, database, self.settings, look)

    def _compared(self, there: Applied, oracle: Answers) -> Linted:
        self.applied = there.revisions
        return self._seen.compared(self._names, self._wanted, there, oracle)

    def _chosen(self, found: Sequence[RecordedRevision]) -> frozenset[str]:
        """Return the ids of the revisions to check."""
        names = frozenset(each.script.revision for each in found)
        names -= exempted(self.script, self.settings.start_after)
        if self._wanted.revision_range:
            start, _, end = self._wanted.revision_range.rpartition(":")
            names &= _between(self.script, start, end)
        if self._wanted.only is not None:
            names &= self._wanted.only
        if self.files is not None:
            present = self.files.present
            names &= {
                r.script.revision
                for r in found
                if Path(r.script.path).resolve() in present
            }
        return names


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
