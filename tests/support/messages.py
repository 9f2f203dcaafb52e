"""Parts of messages that many tests expect."""

from __future__ import annotations


def without_revision(message: str) -> str:
    """Return the message of an error without the part on the revision it stopped."""
    lines = message.split("\n")
    return "\n".join(line for line in lines if not line.startswith("revision: "))


def error_page(anchor: str) -> str:
    """Return the command that an error with this anchor shows after ``docs:``."""
    return f"alembic-zdt explain {anchor}"
