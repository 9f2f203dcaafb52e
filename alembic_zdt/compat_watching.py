"""Lets somebody see what one run does, before Alembic does it; see also ``compat``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from alembic.operations import AbstractOperations
from alembic.operations.batch import BatchOperationsImpl
from sqlalchemy import event

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_WATCHER = "_zdt_watcher"
_WATCHED = "_zdt_watched"


class Watcher(Protocol):
    """Who sees it.  A function that it is given lets Alembic go on."""

    def operation(self, go_on: Callable[[], Any], operation: Any) -> Any:
        """An operation is to be run."""

    def batched(self, go_on: Callable[[], Any], operation: Any, batch: Any) -> Any:
        """An operation is to be kept for the end of its batch."""

    def batch(
        self, go_on: Callable[[], None], table_name: str, recreates: bool, batch: Any
    ) -> None:
        """The end of a batch is to be run."""

    def statement(self, text: str, construct: Any, *, is_formatted: bool) -> None:
        """A statement is to be sent.

        Args:
            text: of it.
            construct: None where it is only text.
            is_formatted: whether the driver reads %s and %% in it.
        """

    def ended(self, words: str) -> None:
        """The connection's transaction is to be ended past Alembic."""


def watch_operations() -> None:
    """Let operations come to the watcher of their context, if it has one."""
    if hasattr(AbstractOperations, _WATCHED):
        return
    setattr(AbstractOperations, _WATCHED, True)
    invoke, flush = AbstractOperations.invoke, BatchOperationsImpl.flush

    @functools.wraps(invoke)
    def watched_invoke(self: AbstractOperations, operation: Any) -> Any:
        watcher = _of(self.migration_context)
        if watcher is None:
            return invoke(self, operation)
        go_on = functools.partial(invoke, self, operation)
        if isinstance(self.impl, BatchOperationsImpl):
            return watcher.batched(go_on, operation, self.impl)
        return watcher.operation(go_on, operation)

    @functools.wraps(flush)
    def watched_flush(self: BatchOperationsImpl) -> None:
        watcher = _of(self.operations.migration_context)
        if watcher is None:
            flush(self)
        else:
            recreates = bool(self._should_recreate())
            go_on = functools.partial(flush, self)
            watcher.batch(go_on, str(self.table_name), recreates, self)

    setattr(AbstractOperations, "invoke", watched_invoke)  # noqa: B010
    setattr(BatchOperationsImpl, "flush", watched_flush)  # noqa: B010


def _of(context: Any) -> Watcher | None:
    return getattr(context, _WATCHER, None)


@contextmanager
def watched(context: MigrationContext, watcher: Watcher) -> Iterator[None]:
    """While the body runs, *watcher* sees what the context is used for."""
    connection: Any = context.connection
    style = connection.dialect.paramstyle in {"format", "pyformat"}

    def before(
        _connection: Any,
        _cursor: Any,
        text: str,
        _parameters: Any,
        execution: Any,
        _: Any,
    ) -> None:
        compiled = getattr(execution, "compiled", None)
        construct = getattr(compiled, "statement", None)
        is_formatted = style and not execution.execution_options.get("no_parameters")
        watcher.statement(text, construct, is_formatted=is_formatted)

    setattr(context, _WATCHER, watcher)
    event.listen(connection, "before_cursor_execute", before)
    try:
        with telling_of_ends(connection, watcher.ended):
            yield
    finally:
        event.remove(connection, "before_cursor_execute", before)
        setattr(context, _WATCHER, None)


@contextmanager
def telling_of_ends(connection: Any, tell: Callable[[str], None]) -> Iterator[None]:
    """While the body runs, *tell* is called before ``connection.commit()``.

    And before ``connection.rollback()``; Alembic ends its transactions in another way.
    """
    ends = {name: getattr(connection, name) for name in ("commit", "rollback")}

    def telling(name: str, end: Callable[[], None]) -> Callable[[], None]:
        def ended() -> None:
            tell(f"connection.{name}()")
            end()

        return ended

    for name, end in ends.items():
        setattr(connection, name, telling(name, end))
    try:
        yield
    finally:
        for name in ends:
            delattr(connection, name)


def watch_step(context: MigrationContext, step: Any, watcher: Watcher) -> None:
    """Let *watcher* see what a revision does, when it comes to be run."""
    original = step.migration_fn

    @functools.wraps(original)
    def migration_fn(**arguments: Any) -> None:
        with watched(context, watcher):
            original(**arguments)

    step.migration_fn = migration_fn
