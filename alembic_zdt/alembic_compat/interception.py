"""Parts of Alembic through which a run is watched, named in ``compat_patches``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import event

from alembic_zdt.alembic_compat import hooks
from alembic_zdt.alembic_compat import patches as names
from alembic_zdt.alembic_compat.runs import STEP

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_WATCHER = "_zdt_watcher"
GUARD = "the guard"
"""The feature that is off when it fails by itself."""


class Watcher(Protocol):
    """An observer of a run, whose ``go_on`` arguments let Alembic continue."""

    def operation(self, go_on: Callable[[], Any], operation: Any) -> Any:
        """Handle an operation before it is run."""

    def batched(self, go_on: Callable[[], Any], operation: Any, batch: Any) -> Any:
        """Handle an operation that Alembic keeps for the end of its batch."""

    def batch(
        self, go_on: Callable[[], None], table_name: str, recreates: bool, batch: Any
    ) -> None:
        """Handle the end of a batch before it is run."""

    def statement(self, text: str, construct: Any, *, is_formatted: bool) -> None:
        """Handle a statement before it is sent.

        Args:
            text: of the statement.
            construct: SQLAlchemy's construct, None for plain text.
            is_formatted: whether the driver reads %s and %% in it.
        """

    def ended(self, words: str) -> None:
        """Handle an end of the connection's transaction that bypasses Alembic."""


def watch_operations(prepare: Callable[[Any, Any], object]) -> None:
    """Pass operations to the watcher of their context, if it has one.

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

        return hooks.looking(GUARD, look, functools.partial(prepared, self, operation))

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

        return hooks.looking(GUARD, look, functools.partial(original, self))

    return flush


def _of(context: Any) -> Watcher | None:
    # Not by getattr(): a mock has every attribute.
    return getattr(context, "__dict__", {}).get(_WATCHER)


@contextmanager
def watched(context: MigrationContext, watcher: Watcher) -> Iterator[None]:
    """Show *watcher* each use of the context while the body runs."""
    connection: Any = context.connection
    statement = hooks.harmless(GUARD)(watcher.statement)
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
        with telling_of_ends(connection, hooks.harmless(GUARD)(watcher.ended)):
            yield
    finally:
        event.remove(connection, "before_cursor_execute", before)
        setattr(context, _WATCHER, None)


@contextmanager
def telling_of_ends(connection: Any, tell: Callable[[str], None]) -> Iterator[None]:
    """Call *tell* before ``connection.commit()`` while the body runs.

    The same holds for ``connection.rollback()``.  Alembic ends its own
    transactions in another way.
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
    """Let *watcher* see what a revision does when it is run."""
    original = names.MIGRATION_FN.of(step)

    @functools.wraps(original)
    def migration_fn(*args: Any, **arguments: Any) -> Any:
        with ExitStack() as stack:
            hooks.harmless(GUARD)(stack.enter_context)(watched(context, watcher))
            return original(*args, **arguments)

    names.MIGRATION_FN.put(step, migration_fn)


@contextmanager
def as_step(context: MigrationContext, step: Any) -> Iterator[None]:
    """Make *step* the running step of the context while the body runs."""
    outer = getattr(context, STEP, None)
    setattr(context, STEP, step)
    try:
        yield
    finally:
        setattr(context, STEP, outer)


def run_within(step: Any, around: Callable[[Callable[[], Any]], Any]) -> None:
    """Let *around* run the migration function of one of Alembic's steps."""
    original = names.MIGRATION_FN.of(step)

    @functools.wraps(original)
    def migration_fn(*args: Any, **arguments: Any) -> Any:
        return around(functools.partial(original, *args, **arguments))

    names.MIGRATION_FN.put(step, migration_fn)


@contextmanager
def reading_heads_within(seconds: float) -> Iterator[None]:
    """Limit each wait for a lock on the version table while the body runs."""
    original = names.GET_HEADS.find()

    def get_current_heads(self: MigrationContext) -> tuple[str, ...]:
        connection = self.connection
        if connection is not None and connection.dialect.name == "postgresql":
            bound = f"SET LOCAL lock_timeout = '{int(seconds * 1000)}ms'"
            connection.exec_driver_sql(bound)
        return tuple(original(self))

    with names.GET_HEADS.replaced(get_current_heads):
        yield
