"""The guard, from the first call on that needs one.

Its checks take a tenth of a second to import, which revisions of our directives alone,
and those that do nothing, need not pay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic_zdt.guard.guard import Guard


class WaitingGuard:
    """See ``compat_watching.Watcher``.

    Args:
        make: makes the guard.
    """

    def __init__(self, make: Callable[[], Guard]) -> None:
        self._make = make
        self._guard: Guard | None = None
        self._is_ours = False
        self._start: Callable[[Guard], None] = lambda _guard: None

    def start(self, path: str, *, in_same_transaction: bool) -> None:
        """The revision of that file is the next one."""
        self._start = lambda guard: guard.start(
            path, in_same_transaction=in_same_transaction
        )
        if self._guard is not None:
            self._start(self._guard)

    def operation(self, go_on: Callable[[], Any], operation: Any) -> Any:
        """One of ours needs no guard."""
        from alembic_zdt.operations._base import (  # noqa: PLC0415  # not before
            ZdtOperation,
        )

        if self._guard is not None or not isinstance(operation, ZdtOperation):
            return self._needed().operation(go_on, operation)
        self._is_ours = True
        try:
            return go_on()
        finally:
            self._is_ours = False

    def batched(self, go_on: Callable[[], Any], operation: Any, batch: Any) -> Any:
        """Likewise."""
        return self._needed().batched(go_on, operation, batch)

    def batch(
        self, go_on: Callable[[], None], table_name: str, recreates: bool, batch: Any
    ) -> None:
        """Likewise."""
        self._needed().batch(go_on, table_name, recreates, batch)

    def statement(self, text: str, construct: Any, *, is_formatted: bool) -> None:
        """One of a directive of ours needs no guard."""
        if not self._is_ours:
            self._needed().statement(text, construct, is_formatted=is_formatted)

    def ended(self, words: str) -> None:
        """Likewise."""
        if not self._is_ours:
            self._needed().ended(words)

    def _needed(self) -> Guard:
        if self._guard is None:
            self._guard = self._make()
            self._start(self._guard)
        return self._guard
