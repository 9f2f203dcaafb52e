"""The command ``alembic-zdt review``."""

from __future__ import annotations

from alembic_zdt.commands.review.reviewing import review

__all__ = ["review"]
