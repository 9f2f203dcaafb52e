"""``alembic-zdt lint --fix``: split a revision into two.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#create-a-migration-script
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from alembic import util
from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_zdt.checks.fixes.splitting import split
from alembic_zdt.checks.revision_finding import RevisionFinding
from alembic_zdt.checks.taking_back import CannotSplitError
from alembic_zdt.commands.lint.fix import read_text
from alembic_zdt.commands.lint.linted import Linted

CHECK = "change-before-directive"

_UNFINISHED = ".zdt-split"
_BELOW = re.compile(r"^down_revision\b[^=\n]*=\s*['\"](\w+)['\"]", re.MULTILINE)


@dataclass
class Splits:
    """The result of splitting revisions.

    Attributes:
        written: each file that was split, and the new file that comes before it.
        left: each finding whose file was not split, and why.
    """

    written: list[tuple[str, Path]] = field(default_factory=list)
    left: list[tuple[RevisionFinding, str]] = field(default_factory=list)


def split_all(linted: Linted) -> Splits:
    """Split each revision in which a change comes before a directive.

    Args:
        linted: the findings, of which only the last one of each file is used.
    """
    done = Splits()
    last = {f.file: f for f in linted.findings if f.check == CHECK}
    for file, found in last.items():
        path = Path(file)
        try:
            source = read_text(path)
            new = str(util.rev_id())
            parts = split(source, found.line, new)
        except UnicodeDecodeError:
            continue  # another encoding, in which it is left
        except CannotSplitError as error:
            done.left.append((found, str(error)))
            continue
        before = path.with_name(_name(path.stem, found.revision, new, parts.message))
        _write(before, parts.before, path, parts.after)
        done.written.append((file, before))
    return done


def _write(new: Path, before: str, old: Path, after: str) -> None:
    """Write the two files so that :func:`finish` can complete an interrupted split."""
    made = [(_unfinished(old), after), (_unfinished(new), before)]
    try:
        for path, text in made:
            path.write_text(text, encoding="utf-8", newline="")
            shutil.copymode(old, path)
        _unfinished(new).replace(new)
    finally:
        _finish(old.parent)


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}{_UNFINISHED}")


def finish(config: Config) -> bool:
    """Complete splits that were interrupted, and return whether there was one.

    Args:
        config: the Alembic configuration of the revisions.
    """
    revisions = ScriptDirectory.from_config(config).walk_revisions()
    folders = {Path(each.path).parent for each in revisions}
    ended = [_finish(folder) for folder in sorted(folders)]
    return any(ended)


def _finish(folder: Path) -> bool:
    """Complete an interrupted split, if its new revision was written."""
    lefts = list(folder.glob(f".*{_UNFINISHED}"))
    for left in lefts:
        old = folder / left.name[1:].removesuffix(_UNFINISHED)
        below = _BELOW.search(_text(left))
        if old.exists() and below and _is_there(folder, below[1]):
            left.replace(old)
        else:
            left.unlink()
    return bool(lefts)


def _is_there(folder: Path, revision: str) -> bool:
    written = re.compile(rf"^revision\b[^=\n]*=\s*['\"]{revision}['\"]", re.MULTILINE)
    return any(written.search(_text(path)) for path in folder.glob("*.py"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _name(stem: str, old: str, new: str, message: str) -> str:
    """Return the name of the new file, built like the name of the old file."""
    slug = "_".join(re.findall(r"\w+", message)).lower()[:40].rstrip("_")
    if stem.startswith(old):
        return f"{new}_{slug}.py"
    return f"{stem.replace(old, new) if old in stem else f'{stem}_{new}'}.py"
