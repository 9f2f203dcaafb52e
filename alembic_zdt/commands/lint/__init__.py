"""The command ``alembic-zdt lint``."""

from __future__ import annotations

from alembic_zdt.commands.lint.command import lint, lint_files
from alembic_zdt.commands.lint.linted import Linted

__all__ = ["Linted", "lint", "lint_files"]
