"""What the ``alembic.plugins`` entry point loads: it announces the directives.

It runs inside ``import alembic``, half-way.  A failure here must not break Alembic for
everybody, so it is logged and remembered, and ``alembic_zdt.op`` raises it again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import ModuleType
from typing import Any


class _PluginModule(ModuleType):
    """A module for Alembic 1.20.1 on, an iterable of modules before.

    Alembic 1.18.0 to 1.20.0 iterate over what the entry point names; see
    https://github.com/sqlalchemy/alembic/issues/1873.
    """

    def __iter__(self) -> Iterator[ModuleType]:
        yield self


def setup(_plugin: Any) -> None:
    """Announce the directives; called by Alembic."""
    try:
        from alembic_zdt import registration  # noqa: PLC0415  # only when it is asked

        registration.announce()
    except Exception:
        logging.getLogger("alembic_zdt").exception("the directives are not available")


plugin = _PluginModule("alembic_zdt._alembic_plugin.plugin")
plugin.__dict__["setup"] = setup
