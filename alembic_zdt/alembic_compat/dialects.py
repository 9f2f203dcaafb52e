"""The dialect of a context of Alembic."""

from __future__ import annotations

from typing import Any


def is_postgresql(context: Any) -> bool:
    """Check whether a context is one of PostgreSQL, and not a mock."""
    dialect = getattr(context, "dialect", None)
    return bool(getattr(dialect, "name", None) == "postgresql")
