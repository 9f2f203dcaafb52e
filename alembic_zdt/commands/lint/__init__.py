"""The command ``alembic-zdt lint``."""

from __future__ import annotations

from alembic_zdt.commands.lint.command import Linted, lint, lint_files

__all__ = ["Linted", "lint", "lint_files"]
