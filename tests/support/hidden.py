"""Hide the entry point by which Alembic finds the package, when imported."""

from __future__ import annotations

import importlib.metadata
from typing import Any

_every = importlib.metadata.entry_points


def _others(**parameters: Any) -> Any:
    found: Any = _every(**parameters)
    return importlib.metadata.EntryPoints(
        each for each in found if not each.value.startswith("alembic_zdt")
    )


setattr(importlib.metadata, "entry_points", _others)  # noqa: B010
