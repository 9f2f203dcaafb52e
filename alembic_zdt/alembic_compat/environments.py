"""Hooks at the start and the end of env.py, which can make its error clearer."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import hooks
from alembic_zdt.alembic_compat import patches as names

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext

Begin = Callable[["EnvironmentContext"], object]
End = Callable[["EnvironmentContext", BaseException | None], object]

_WATCHED = "_zdt_watched"


def watch(begin: Begin, end: End) -> None:
    """Call *begin* and *end* with the environment of each run of env.py.

    While ``import alembic`` runs, the class of environments does not exist yet, but its
    base class does.

    Args:
        begin: a function that is called before env.py.
        end: a function that is called after env.py with its error. It may raise another
            error instead.
    """
    names.INSTALL_PROXY.wrap(functools.partial(_watching, begin, end))


def _watching(begin: Begin, end: End, original: Callable[..., None]) -> Any:
    def install(self: Any) -> None:
        original(self)
        if hasattr(self, "context_opts") and not hasattr(self, _WATCHED):
            setattr(self, _WATCHED, True)
            _watch(self, begin, end)

    return install


@hooks.harmless(names.ENDS)
def _watch(environment: EnvironmentContext, begin: Begin, end: End) -> None:
    handled = sys.exc_info()[1]  # by the program that runs Alembic

    def leave() -> None:
        error = sys.exc_info()[1]
        end(environment, None if error is handled else error)

    begin(environment)
    _before_leaving(environment, leave)


def context_of(environment: EnvironmentContext) -> MigrationContext | None:
    """Return the context that env.py configured last, None without one."""
    found: MigrationContext | None = names.CURRENT_CONTEXT.of(environment)
    return found


def at_the_end_of_env(context: MigrationContext, function: Callable[[], None]) -> None:
    """Call *function* when the environment that made the context ends.

    The function may raise.  If env.py ends with an error, the function runs while that
    error is handled.
    """
    if context.environment_context is not None:
        _before_leaving(context.environment_context, function)


def _before_leaving(environment: Any, function: Callable[[], None]) -> None:
    names.REMOVE_PROXY.find()
    remove = names.REMOVE_PROXY.of(environment)

    def leave() -> None:
        remove()
        function()

    names.REMOVE_PROXY.put(environment, leave)
