"""Module of the ``alembic.plugins`` entry point, which announces the directives.

Alembic loads it within ``import alembic``.  A failure here must not break Alembic, so
it is logged; ``alembic_zdt.op`` registers the directives again and raises the error.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import ModuleType
from typing import Any


class _PluginModule(ModuleType):
    """A plugin module, which older releases of Alembic can iterate over.

    Alembic 1.18.0 to 1.20.0 iterate over the object of the entry point; see
    https://github.com/sqlalchemy/alembic/issues/1873.
    """

    def __iter__(self) -> Iterator[ModuleType]:
        yield self


def setup(_plugin: Any) -> None:
    """Announce the directives. Alembic calls it when it loads the plugin."""
    try:
        from alembic_zdt import registration  # noqa: PLC0415  # only when it is asked

        registration.announce()
    except Exception:
        logging.getLogger("alembic_zdt").exception("the directives are not available")


plugin = _PluginModule("alembic_zdt._alembic_plugin.plugin")
plugin.__dict__["setup"] = setup
