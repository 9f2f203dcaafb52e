"""Errors of a recorded revision, with its name and the line."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.script import Script
from alembic.util import CommandError

from alembic_zdt.errors import RevisionError, ZdtError


@contextmanager
def naming(revision: Script, function: str) -> Iterator[None]:
    """Name the revision in each error that the body raises.

    Args:
        revision: the revision that runs.
        function: ``upgrade`` or ``downgrade``.
    """
    primary = f'cannot plan revision "{revision.revision}"'
    try:
        yield
    except ZdtError as error:
        raise type(error)(
            f"{primary}: {error.primary}",
            detail=error.detail,
            hint=error.hint,
            **error.fields,
        ) from error
    except CommandError as error:
        raise RevisionError(primary, detail=one_line(error)) from error
    except Exception as error:
        raise _failed(primary, revision, function, error) from error


def _failed(
    primary: str, revision: Script, function: str, error: Exception
) -> RevisionError:
    what = f"{type(error).__name__}: {one_line(error)}"
    return RevisionError(
        f"{primary}: its {function}() failed",
        detail=f"{what} ({_place(revision, error)}). Revisions are planned as for "
        "--sql, where queries over op.get_bind() return no rows.",
        hint=(
            'Read from the database only inside "if not op.get_context().as_sql:", '
            'or plan the other revisions with "alembic-zdt plan <from>:<to>".'
        ),
    )


def _place(revision: Script, error: Exception) -> str:
    """Return the traceback's innermost line in the revision's own file."""
    path, line = Path(revision.path), line_of(error, revision.path)
    return f"{path.name}, line {line}" if line else path.name


def line_of(error: BaseException, path: str) -> int:
    """Return the traceback's innermost line in a file, 0 if there is none."""
    lines = [
        frame.lineno or 0
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == Path(path)
    ]
    return lines[-1] if lines else 0


def in_words(error: BaseException) -> str:
    """Return the class and the text of an error, on one short line."""
    return f"{type(error).__name__}: {one_line(error)[:300]}".removesuffix(": ")


def one_line(error: BaseException) -> str:
    """Return the text of an error without line breaks."""
    return " ".join(str(error).split())
