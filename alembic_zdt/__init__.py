"""Schema changes that never make the application wait, for Alembic on PostgreSQL.

In a revision: ``from alembic_zdt import op``.  Importing this package is cheap and
safe at any time, even from inside ``import alembic``; everything else is loaded when
it is first used (PEP 562).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic_zdt import errors, op

__version__ = "0.1.0"
__all__ = ["__version__", "errors", "op"]


def __getattr__(name: str) -> Any:
    if name in {"errors", "op"}:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(name)
