"""What pydantic-settings does, in one line."""

from __future__ import annotations

import os


class Settings:
    """Reads the environment."""

    @property
    def database_url(self) -> str:
        """Where the database is."""
        return os.environ["DATABASE_URL"]
