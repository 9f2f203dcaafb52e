"""Alembic's ``op`` and our directives, typed: ``from alembic_zdt import op``.

It needs no plugin and no change of env.py, and works on every supported Alembic.  Its
directives are those of this package, even if another package has one of the same name.
"""

from __future__ import annotations

import functools
from typing import Any

from alembic import op as _op

from alembic_zdt import registration
from alembic_zdt.alembic_compat import op_proxy
from alembic_zdt.operations.base import REGISTERED, REGISTERED_ANNOTATIONS
from alembic_zdt.operations.calls.arguments import refusing_unknown

registration.register()
_OURS: dict[str, type[Any]] = {**REGISTERED, **REGISTERED_ANNOTATIONS}


@functools.cache
def _ours(name: str) -> Any:
    ours = getattr(_OURS[name], name)
    call = refusing_unknown(name, ours, ours)

    @functools.wraps(call)
    def directive(*args: Any, **kw: Any) -> Any:
        made = op_proxy.replaced.get(name, call)
        return made(op_proxy.current_operations(), *args, **kw)

    return directive


def __getattr__(name: str) -> Any:
    return _ours(name) if name in _OURS else getattr(_op, name)


def __dir__() -> list[str]:
    return dir(_op)
