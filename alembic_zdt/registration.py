"""Makes the directives known to Alembic, once."""

from __future__ import annotations

import importlib

from alembic_zdt import compat
from alembic_zdt.runner import own_process

STORIES = (
    "index",
    "reindex",
    "replace_index",
    "constraint",
    "check_constraint",
    "foreign_key",
    "not_null",
    "unique_constraint",
    "primary_key",
    "enum",
)
"""The modules of ``alembic_zdt.operations`` that hold directives."""


def register() -> None:
    """Register every directive.  Calling it again is harmless."""
    compat.watch_script_transactions()
    own_process.listen()
    for story in STORIES:
        importlib.import_module(f"alembic_zdt.operations.{story}")
