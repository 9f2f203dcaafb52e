"""Reading of all revisions, with errors that name the file.

https://alembic.sqlalchemy.org/en/latest/api/script.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from alembic.script import ScriptDirectory

from alembic_zdt.errors import RevisionError, UsageError
from alembic_zdt.recording.broken_files import BrokenFile
from alembic_zdt.recording.revision_errors import in_words, line_of


def read_all(script: ScriptDirectory, broken: Sequence[BrokenFile]) -> None:
    """Read the files of all revisions.

    Args:
        script: the revisions.
        broken: the files that could not be imported.

    Raises:
        CommandError: the revisions form a cycle.
        RevisionError: a revision depends on a missing one.
    """
    try:
        for _revision in script.walk_revisions():
            pass
    except KeyError as error:  # Alembic warns of a missing down_revision
        raise _missing(error, broken) from error


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
            detail=(
                "The module is neither installed nor on Python's import path "
                "(sys.path)."
            ),
            hint=_of_missing(error),
        ) from error


def _of_missing(error: ModuleNotFoundError) -> str:
    package = (error.name or "").partition(".")[0]
    return (
        "Install it, or set prepend_sys_path in alembic.ini; or pass "
        f"--stub {package}, which replaces its missing modules with empty stubs."
    )


def _missing(error: KeyError, broken: Sequence[BrokenFile]) -> RevisionError:
    lost = [each for each in broken if not each.revision]
    files = "".join(f' The file "{each.path.name}" cannot be read.' for each in lost)
    return RevisionError(
        f"the history of revisions has a gap: there is no {error.args[0]}",
        detail=f"Another revision names it as down_revision, or in depends_on.{files}",
        hint="Restore the file of the missing revision, or correct the name.",
    )


def cannot_import(error: BaseException) -> str:
    """Return the error for a file that could not be imported, with its remedy."""
    words = f"the file cannot be imported: {in_words(error)}"
    if isinstance(error, ModuleNotFoundError):
        return f"{words}. {_of_missing(error)}"
    if "application context" in str(error):
        return (
            f"{words}. Use the application only in upgrade(), or pass --stub PACKAGE."
        )
    return words


def line_of_import(error: BaseException, path: Path) -> int:
    """Return the traceback's innermost line in the file, 0 if there is none."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 0
    return line_of(error, str(path))
