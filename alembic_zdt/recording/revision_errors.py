"""Errors of a planned revision, with the revision's name."""

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
        raise RevisionError(primary, detail=_one_line(error)) from error
    except Exception as error:
        raise _failed(primary, revision, function, error) from error


def _failed(
    primary: str, revision: Script, function: str, error: Exception
) -> RevisionError:
    what = f"{type(error).__name__}: {_one_line(error)}"
    return RevisionError(
        f"{primary}: its {function}() failed",
        detail=f"{what} ({_place(revision, error)}). Revisions are planned as for "
        "--sql, where op.get_bind() returns no rows.",
        hint="Put what reads from the database behind "
        '"if not op.get_context().as_sql:", or plan the other revisions with '
        '"alembic-zdt plan <from>:<to>".',
    )


def _place(revision: Script, error: Exception) -> str:
    """Return the deepest line in the revision's own file."""
    path = Path(revision.path)
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == path
    ]
    return f"{path.name}, line {lines[-1]}" if lines else path.name


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
