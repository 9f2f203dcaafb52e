"""Shows what one run does, before Alembic does it; names in ``compat_patches``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import event

from alembic_zdt import compat_hooks
from alembic_zdt import compat_patches as names
from alembic_zdt.compat_runs import STEP

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_WATCHER = "_zdt_watcher"
GUARD = "the guard"
"""The feature that is off when it fails by itself."""


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


def watch_operations(prepare: Callable[[Any, Any], object]) -> None:
    """Let operations come to the watcher of their context, if it has one.

    Args:
        prepare: is called with the context and the operation first.
    """
    names.INVOKE.wrap(functools.partial(_watched_invoke, prepare))
    names.FLUSH.wrap(_watched_flush)


def _watched_invoke(
    prepare: Callable[[Any, Any], object], original: Callable[..., Any]
) -> Callable[..., Any]:
    def prepared(self: Any, operation: Any) -> Any:
        prepare(getattr(self, "migration_context", None), operation)
        return original(self, operation)

    def invoke(self: Any, operation: Any) -> Any:
        watcher = _of(getattr(self, "migration_context", None))
        if watcher is None:
            return prepared(self, operation)

        def look(go_on: Callable[[], Any]) -> Any:
            if isinstance(self.impl, names.BATCH_IMPL.find()):
                return watcher.batched(go_on, operation, self.impl)
            return watcher.operation(go_on, operation)

        return compat_hooks.looking(
            GUARD, look, functools.partial(prepared, self, operation)
        )

    return invoke


def _watched_flush(original: Callable[..., Any]) -> Callable[..., Any]:
    def flush(self: Any) -> Any:
        operations = getattr(self, "operations", None)
        watcher = _of(getattr(operations, "migration_context", None))
        if watcher is None:
            return original(self)

        def look(go_on: Callable[[], Any]) -> Any:
            recreates = bool(names.SHOULD_RECREATE.of(self)())
            return watcher.batch(go_on, str(self.table_name), recreates, self)

        return compat_hooks.looking(GUARD, look, functools.partial(original, self))

    return flush


def _of(context: Any) -> Watcher | None:
    # Not by getattr(): a mock has every attribute.
    return getattr(context, "__dict__", {}).get(_WATCHER)


@contextmanager
def watched(context: MigrationContext, watcher: Watcher) -> Iterator[None]:
    """While the body runs, *watcher* sees what the context is used for."""
    connection: Any = context.connection
    statement = compat_hooks.harmless(GUARD)(watcher.statement)
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
        statement(text, construct, is_formatted=is_formatted)

    setattr(context, _WATCHER, watcher)
    event.listen(connection, "before_cursor_execute", before)
    try:
        with telling_of_ends(connection, compat_hooks.harmless(GUARD)(watcher.ended)):
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
    original = names.MIGRATION_FN.of(step)

    @functools.wraps(original)
    def migration_fn(*args: Any, **arguments: Any) -> Any:
        with ExitStack() as stack:
            compat_hooks.harmless(GUARD)(stack.enter_context)(watched(context, watcher))
            return original(*args, **arguments)

    names.MIGRATION_FN.put(step, migration_fn)


@contextmanager
def as_step(context: MigrationContext, step: Any) -> Iterator[None]:
    """While the body runs, it is *step* that the context is said to run."""
    outer = getattr(context, STEP, None)
    setattr(context, STEP, step)
    try:
        yield
    finally:
        setattr(context, STEP, outer)


def run_within(step: Any, around: Callable[[Callable[[], Any]], Any]) -> None:
    """Let *around* run what a step of Alembic's is to run, when it comes to that."""
    original = names.MIGRATION_FN.of(step)

    @functools.wraps(original)
    def migration_fn(*args: Any, **arguments: Any) -> Any:
        return around(functools.partial(original, *args, **arguments))

    names.MIGRATION_FN.put(step, migration_fn)


@contextmanager
def reading_heads_within(seconds: float) -> Iterator[None]:
    """While the body runs: nobody waits longer for a lock on the version table."""
    original = names.GET_HEADS.find()

    def get_current_heads(self: MigrationContext) -> tuple[str, ...]:
        connection = self.connection
        if connection is not None and connection.dialect.name == "postgresql":
            bound = f"SET LOCAL lock_timeout = '{int(seconds * 1000)}ms'"
            connection.exec_driver_sql(bound)
        return tuple(original(self))

    with names.GET_HEADS.replaced(get_current_heads):
        yield
