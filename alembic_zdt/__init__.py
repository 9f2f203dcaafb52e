"""Schema changes that never make the application wait, for Alembic on PostgreSQL.

In a revision: ``from alembic_zdt import op``.  Importing this package is safe at any
time, even from inside ``import alembic``; its modules are loaded when they are first
used (PEP 562).
"""

from __future__ import annotations

import importlib
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from alembic_zdt.runner import signals as _signals

# First of all: Alembic loads our plugin, which imports all modules of this package.
# Imported later, from one of them, it would find that module half loaded.
with _signals.reported_in_one_line() if _signals.is_own_program() else nullcontext():
    import alembic as _alembic  # noqa: F401

if TYPE_CHECKING:
    from alembic_zdt import aio, api, env, errors, op
    from alembic_zdt.autogenerate.rewriter import rewriter

__version__ = "0.1.0"
__all__ = ["__version__", "aio", "api", "env", "errors", "op", "rewriter"]


def __getattr__(name: str) -> Any:
    if name in {"aio", "api", "env", "errors", "op"}:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "rewriter":
        return importlib.import_module(f"{__name__}.autogenerate.rewriter").rewriter
    raise AttributeError(name)
