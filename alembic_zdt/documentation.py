"""Where the documentation explains an error or a check."""

from __future__ import annotations

SITE = ""
"""The site of this version, ``Documentation`` of ``[project.urls]``; empty: none."""


def explanation(error: str, check: str | None = None) -> str:
    """Return the URL of a page.

    If this version has no site, return the command that prints the page.

    Args:
        error: the anchor of the error.
        check: the id of the check that found the error, whose page explains more.
    """
    if not SITE:
        return f"alembic-zdt explain {check or error}"
    page = f"checks/{check}.html" if check else f"errors.html#{error}"
    return f"{SITE}/{page}"
