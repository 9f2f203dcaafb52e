"""Directives that a function of a revision calls, kept instead of run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import interception

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


class KeptDirectives:
    """An interceptor that keeps directives, and runs or skips other operations.

    Args:
        runs_others: let Alembic run other operations than directives.

    Attributes:
        found: the directives in the order of the calls.
    """

    def __init__(self, *, runs_others: bool) -> None:
        self.found: list[Any] = []
        self._runs_others = runs_others

    def operation(self, go_on: Callable[[], Any], operation: Any) -> Any:
        """Keep a directive."""
        if is_directive(operation):
            self.found.append(operation)
            return None
        return go_on() if self._runs_others else None

    def batched(self, go_on: Callable[[], Any], operation: Any, _batch: Any) -> Any:
        """Handle an operation of a batch as any other."""
        return self.operation(go_on, operation)

    def batch(
        self,
        go_on: Callable[[], None],
        _table_name: str,
        _recreates: bool,
        _batch: Any,
    ) -> None:
        """Run the operations that Alembic has kept of the batch."""
        go_on()


def is_directive(operation: Any) -> bool:
    """Check whether an operation belongs to this package.

    The class of directives is in a higher layer, so it is not imported here.
    """
    from alembic.operations.ops import MigrateOperation  # noqa: PLC0415  # not at import

    return isinstance(operation, MigrateOperation) and hasattr(operation, "steps")


@contextmanager
def keeping(context: MigrationContext, kept: KeptDirectives) -> Iterator[None]:
    """Let *kept* receive the operations of ``alembic.op`` while the body runs.

    Args:
        context: an offline context of Alembic.
        kept: the receiver of the operations.
    """
    from alembic.operations import Operations  # noqa: PLC0415  # not at import

    with Operations.context(context), interception.intercepted(context, kept):
        yield
