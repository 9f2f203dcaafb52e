"""Reading of all revisions, with errors that name the file.

https://alembic.sqlalchemy.org/en/latest/api/script.html
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.script import ScriptDirectory
from alembic.util import CommandError

from alembic_zdt.errors import RevisionError, UsageError


def read_all(script: ScriptDirectory) -> None:
    """Read the files of all revisions.

    Raises:
        CommandError: the revisions form a cycle.
        RevisionError: a file cannot be read, or depends on a missing revision.
    """
    try:
        for _revision in script.walk_revisions():
            pass
    except CommandError:
        raise
    except KeyError as error:  # Alembic warns of a missing down_revision
        raise _missing(error) from error
    except Exception as error:
        raise _unreadable(error, Path(script.dir)) from error


@contextmanager
def naming_what_is_missing() -> Iterator[None]:
    """Raise an error with a hint if env.py cannot import the application.

    Raises:
        UsageError: a module is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            f"env.py cannot import {error.name}",
            detail="It is not installed here, and not on the path.",
            hint=_of_missing(error),
        ) from error


def _of_missing(error: ModuleNotFoundError) -> str:
    package = (error.name or "").partition(".")[0]
    return (
        "Install it, or set prepend_sys_path in alembic.ini; or pass "
        f"--stub {package}, which replaces its missing modules with empty stubs."
    )


def _missing(error: KeyError) -> RevisionError:
    return RevisionError(
        f"the revisions do not hang together: there is no {error.args[0]}",
        detail="A file names it as its down_revision, or in depends_on.",
        hint="Bring its file back, or correct the name.",
    )


def _unreadable(error: Exception, folder: Path) -> RevisionError:
    path, line = _place(error, folder)
    hint = "Correct the file."
    if isinstance(error, ModuleNotFoundError):
        hint = _of_missing(error)
    return RevisionError(
        f'cannot read the revision "{path}"',
        detail=f"{type(error).__name__}: {_line(error)} (line {line}).",
        hint=hint,
    )


def _place(error: Exception, folder: Path) -> tuple[str, int]:
    """Return the deepest line in the folder of the revisions."""
    if isinstance(error, SyntaxError) and error.filename:
        return Path(error.filename).name, error.lineno or 0
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(folder.resolve())
        and Path(frame.filename).name != "env.py"
    ]
    return (
        (Path(frames[-1].filename).name, frames[-1].lineno or 0) if frames else ("?", 0)
    )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
