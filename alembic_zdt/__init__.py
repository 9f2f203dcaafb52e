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

# Before anything else: Alembic loads our plugin, which imports modules of this package.
# If one of these modules imported Alembic, the plugin would find it half loaded.
with _signals.reported_in_one_line() if _signals.is_own_program() else nullcontext():
    import alembic as _alembic  # noqa: F401

if TYPE_CHECKING:
    from alembic_zdt import aio, api, env, errors, events, op, otel
    from alembic_zdt.autogenerate.rewriter import rewriter

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "aio",
    "api",
    "env",
    "errors",
    "events",
    "op",
    "otel",
    "rewriter",
]


def __getattr__(name: str) -> Any:
    if name in {"aio", "api", "env", "errors", "events", "op", "otel"}:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "rewriter":
        return importlib.import_module(f"{__name__}.autogenerate.rewriter").rewriter
    raise AttributeError(name)
