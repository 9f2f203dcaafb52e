"""The text of an error that ends the work on a target."""

from __future__ import annotations

import asyncio

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError, StatementError

from alembic_zdt.events.redaction import without_passwords
from alembic_zdt.printable import printable

ENDS = (Exception, SystemExit, asyncio.CancelledError)
"""The errors that end the work on a target, as a revision may raise anything."""


def text_of(error: BaseException) -> str:
    """Return the text of an error, without passwords, statement and parameters."""
    if isinstance(error, StatementError) and error.orig is not None:
        words = f"{type(error.orig).__name__}: {error.orig}"
    elif isinstance(error, SQLAlchemyError):
        words = str(error).partition("\n[SQL: ")[0]
    elif isinstance(error, CommandError):
        words = str(error)
    else:
        words = f"{type(error).__name__}: {error}"
    return printable(without_passwords(words, ()), keep="\n\t")
