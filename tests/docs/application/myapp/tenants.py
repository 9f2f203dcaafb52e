"""The targets of the fleet: one, the application's own database."""

from __future__ import annotations

from collections.abc import Iterator

from myapp.settings import Settings


def targets() -> Iterator[dict[str, str]]:
    """List them."""
    yield {"name": "acme", "url": Settings().database_url, "group": "gold"}


def put(run: str, name: str) -> None:
    """Put a target into the queue of a job engine, which this application lacks."""
