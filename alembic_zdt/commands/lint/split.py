"""``alembic-zdt lint --fix``: split a revision into two.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#create-a-migration-script
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from alembic import util

from alembic_zdt.checks.finding import Finding
from alembic_zdt.checks.splitting import split
from alembic_zdt.checks.taking_back import CannotSplitError
from alembic_zdt.commands.lint.command import Linted
from alembic_zdt.commands.lint.fix import read_text
from alembic_zdt.commands.writing import write_all

CHECK = "change-before-directive"


@dataclass
class Splits:
    """The result of splitting revisions.

    Attributes:
        written: each file that was split, and the new file that comes before it.
        left: each finding whose file was not split, and why.
    """

    written: list[tuple[str, Path]] = field(default_factory=list)
    left: list[tuple[Finding, str]] = field(default_factory=list)


def split_all(linted: Linted) -> Splits:
    """Split each revision in which a change stands before a directive.

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
        write_all({before: parts.before, path: parts.after})
        done.written.append((file, before))
    return done


def _name(stem: str, old: str, new: str, message: str) -> str:
    """Return the name of the new file, like that of the old one."""
    slug = "_".join(re.findall(r"\w+", message)).lower()[:40].rstrip("_")
    if stem.startswith(old):
        return f"{new}_{slug}.py"
    return f"{stem.replace(old, new) if old in stem else f'{stem}_{new}'}.py"
