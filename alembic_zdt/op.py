"""Alembic's ``op`` and our directives, typed: ``from alembic_zdt import op``.

It needs no plugin and no change of env.py, and works on every supported Alembic.
"""

from __future__ import annotations

from typing import Any

from alembic import op as _op

from alembic_zdt import registration

registration.register()


def __getattr__(name: str) -> Any:
    return getattr(_op, name)


def __dir__() -> list[str]:
    return dir(_op)
