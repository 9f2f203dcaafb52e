"""Parts of messages that many tests expect."""

from __future__ import annotations

ERRORS = "https://github.com/alembic-zdt/alembic-zdt/blob/main/docs/errors.md"


def error_page(anchor: str) -> str:
    """Return the address that an error with this anchor shows after ``docs:``."""
    return f"{ERRORS}#{anchor}"
