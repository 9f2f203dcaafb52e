"""``alembic-zdt sql``: write scripts for review, as one file or one per revision.

``upgrade --sql > file`` leaves half a file when it fails.  This command writes a whole
file or none.

https://alembic.sqlalchemy.org/en/latest/offline.html
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import contexts, runs
from alembic_zdt.commands.writing import write_all
from alembic_zdt.env import offline_files
from alembic_zdt.errors import UsageError
from alembic_zdt.phases import phase_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep

EVERYTHING = "base:heads"
Heads = tuple[str, ...]
Texts = dict[str, str]


def script_text(
    config: Config, revision_range: str = EVERYTHING, *, downgrade: bool = False
) -> str:
    """Return the script from one revision to another.

    Args:
        config: Alembic's configuration.
        revision_range: ``FROM:TO``; without FROM it starts at ``base``, or with
            *downgrade* at the heads.
        downgrade: write the downgrades.

    Raises:
        UsageError: *revision_range* is not a range.
        OfflineUnsupportedError: a directive needs a live database.
    """
    texts = _Scripts(config, revision_range, downgrade=downgrade).whole()
    if len(texts) == 1:
        return next(iter(texts.values()))
    return "\n".join(f"-- {name}\n\n{text}" for name, text in texts.items())


def write(
    config: Config,
    revision_range: str,
    output: Path,
    *,
    split: bool = False,
    downgrade: bool = False,
) -> list[Path]:
    """Write the script into a file, or one for each revision into a folder.

    If env.py writes a script for each of several databases, *output* is a folder.

    Args:
        config: Alembic's configuration.
        revision_range: the range of revisions, as in :func:`script_text`.
        output: the file, or with *split* the folder, which is created.
        split: whether each revision has a file of its own.
        downgrade: write the downgrades.

    Raises:
        UsageError: there is no range, *output* is of another kind, or is one file for
            several databases.
    """
    scripts = _Scripts(config, revision_range, downgrade=downgrade)
    found = dict(scripts.each()) if split else scripts.whole()
    if not split and len(found) == 1:
        _refuse_unless(not output.is_dir(), output, "a folder", "Name a file.")
        texts = dict.fromkeys([output], *found.values())
    else:
        if not split:
            _refuse_one_file(output, list(found))
        is_folder = output.is_dir() or not output.exists()
        _refuse_unless(is_folder, output, "a file", "Name a folder.")
        texts = {output / name: text for name, text in found.items()}
    write_all(texts)
    return list(texts)


def _refuse_one_file(output: Path, names: Sequence[str]) -> None:
    """Refuse to write the scripts of several databases into one file."""
    if output.suffix or output.is_file():
        raise UsageError(
            f'cannot write the scripts of several databases into one file, "{output}"',
            detail=f"env.py writes {', '.join(names)}. Nothing was written.",
            hint="Name a folder.",
        )


def _refuse_unless(is_right: bool, output: Path, what: str, hint: str) -> None:
    if not is_right:
        raise UsageError(
            f'"{output}" is {what}', detail="Nothing was written.", hint=hint
        )


class _Scripts:
    """The scripts of a range of revisions."""

    def __init__(self, config: Config, revision_range: str, *, downgrade: bool) -> None:
        start, separator, end = revision_range.rpartition(":")
        if downgrade and not (separator and end):
            raise _no_range(revision_range)
        self._config, self._downgrade = config, downgrade
        self._script = ScriptDirectory.from_config(config)
        self._start = start or ("heads" if downgrade else "base")
        self._end = end or "heads"

    def whole(self) -> Texts:
        """Return one script for each database, by the name that env.py gives it."""
        self._let_env_say_where_revisions_are()
        return self._written(self._heads, lambda heads, _context: self._steps(heads))

    def each(self) -> Iterator[tuple[str, str]]:
        """Yield the file name and the script of each revision, in order."""
        self._let_env_say_where_revisions_are()
        heads = self._heads
        for number, step in enumerate(list(self._steps(heads)), start=1):
            found: Any = step
            texts = self._written(heads, lambda _heads, _context, s=step: [s])  # type: ignore[misc]
            file, header = self._name(number, found.revision), self._header(found)
            for name, text in texts.items():
                folder = Path(name).with_suffix("") if len(texts) > 1 else Path()
                yield str(folder / file), header + text
            heads = self._after(heads, found.revision)

    def _let_env_say_where_revisions_are(self) -> None:
        """Run env.py once without revisions, to learn where revisions are."""
        self._run((), lambda _heads, _context: ())

    @property
    def _heads(self) -> Heads:
        if self._start == "base":
            return ()
        found: Any = self._script.get_revisions(self._start)
        return tuple(revision.revision for revision in found)

    def _steps(self, heads: Heads) -> Iterator[RevisionStep]:
        return contexts.steps_between(
            self._script, heads, self._end, downgrade=self._downgrade
        )

    def _written(
        self,
        heads: Heads,
        steps: Callable[[Heads, MigrationContext], Any],
    ) -> Texts:
        texts = {name: text for name, text in self._run(heads, steps).items() if text}
        if not texts:
            raise _written_elsewhere()
        return texts

    def _run(
        self, heads: Heads, steps: Callable[[Heads, MigrationContext], Any]
    ) -> Texts:
        output, kept = io.StringIO(), self._config.output_buffer
        self._config.output_buffer = output
        environment = EnvironmentContext(
            self._config,
            self._script,
            fn=steps,
            as_sql=True,
            starting_rev=list(heads) or "base",
            destination_rev=self._end,
        )
        try:
            with environment, runs.dialect_without_url():
                files = offline_files.run_env(self._script)
        finally:
            self._config.output_buffer = kept
        return {"": output.getvalue()} | {
            _beneath(name): text for name, text in files.items()
        }

    def _after(self, heads: Heads, revision: Any) -> Heads:
        """Return the database's heads after a revision has run."""
        kept = {*heads, revision.revision}
        if self._downgrade:
            kept = (kept - {revision.revision}) | contexts.below(revision)
        below = {
            name
            for head in kept
            for name in contexts.at_or_below(self._script, [head]) - {head}
        }
        return tuple(sorted(kept - below))

    def _name(self, number: int, revision: Any) -> str:
        slug = "_".join(re.findall(r"\w+", revision.doc or "")).lower()[:40]
        return f"{number:04}_{revision.revision}_{slug}".rstrip("_") + ".sql"

    def _header(self, step: Any) -> str:
        revision = step.revision
        way = "downgrade" if self._downgrade else "upgrade"
        title = " ".join((revision.doc or "").split())
        return (
            f"-- {way} of revision {revision.revision}: {title}\n"
            f"-- phase: {phase_of(revision).value}\n\n"
        )


def _beneath(name: str) -> str:
    """Return a path that env.py writes to, moved into a folder."""
    path = Path(name)
    is_outside = path.is_absolute() or ".." in path.parts
    return path.name if is_outside else str(path)


def _written_elsewhere() -> UsageError:
    return UsageError(
        "env.py wrote no script",
        detail="env.py has an output_buffer that is not a file, or ran no migrations.",
        hint="Use alembic upgrade --sql, which leaves the files to env.py.",
    )


def _no_range(revision_range: str) -> UsageError:
    return UsageError(
        f'"{revision_range}" is not a range of revisions',
        detail="A downgrade goes from one revision to an older one.",
        hint="Write FROM:TO, for example alembic-zdt sql --downgrade head:-1.",
    )
