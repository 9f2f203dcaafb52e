"""Output formats of ``alembic-zdt review``.

``github`` and ``gitlab`` are the formats of ``lint``, with marks at the lines of the
changed files.  ``markdown`` is the comment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from alembic_zdt.commands.json_output import printed
from alembic_zdt.commands.lint.formats import FORMATS as OF_LINT
from alembic_zdt.commands.review.comment import comment
from alembic_zdt.commands.review.review_report import Review
from alembic_zdt.commands.writing import write_all
from alembic_zdt.errors import UsageError


def _of_lint(name: str) -> Callable[[Review], str]:
    def write(review: Review) -> str:
        return "".join(f"{line}\n" for line in OF_LINT[name](review.linted))

    return write


REVIEW_FORMATS: Mapping[str, Callable[[Review], str]] = MappingProxyType(
    {
        "markdown": comment,
        "json": lambda review: f"{printed(review.as_json())}\n",
        "github": _of_lint("github"),
        "gitlab": _of_lint("gitlab"),
    }
)
"""Formats by the value of ``--format``."""


def review_format(name: str) -> Callable[[Review], str]:
    """Return the format with this name.

    Raises:
        UsageError: the format does not exist.
    """
    if name not in REVIEW_FORMATS:
        raise UsageError(
            f'--format is "{name}"',
            detail=f"The formats are {', '.join(REVIEW_FORMATS)}.",
            hint="Write --format markdown, for example.",
        )
    return REVIEW_FORMATS[name]


def write_files(texts: Mapping[Path, str]) -> None:
    """Write all files or none.

    Raises:
        UsageError: a file cannot be written.
    """
    try:
        write_all(texts)
    except OSError as error:
        names = " and ".join(f'"{path}"' for path in texts)
        raise UsageError(
            f"cannot write the review to {names}",
            detail=f"{type(error).__name__}: {error.strerror}.",
            hint="Name files that can be written.",
        ) from error
