"""Interception of Alembic's operations, and hooks around a revision."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sqlalchemy import event

from alembic_zdt.alembic_compat import hooks
from alembic_zdt.alembic_compat import patches as names
from alembic_zdt.alembic_compat.runs import STEP

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

_INTERCEPTOR = "_zdt_interceptor"
GUARD = "the guard"
"""The feature that is turned off if the guard itself fails."""


class Interceptor(Protocol):
    """An object that receives the operations of a context before Alembic runs them.

    Its ``go_on`` arguments let Alembic run them.
    """

    def operation(self, go_on: Callable[[], Any], operation: Any) -> Any:
        """Handle an operation before it is run."""

    def batched(self, go_on: Callable[[], Any], operation: Any, batch: Any) -> Any:
        """Handle an operation that Alembic may keep for the end of its batch."""

    def batch(
        self, go_on: Callable[[], None], table_name: str, recreates: bool, batch: Any
    ) -> None:
        """Handle the end of a batch before it is run."""


class ConnectionInterceptor(Interceptor, Protocol):
    """An interceptor that also receives what is sent through the connection."""

    def statement(self, text: str, construct: Any, *, is_formatted: bool) -> None:
        """Handle a statement before it is sent.

        Args:
            text: the text of the statement.
            construct: SQLAlchemy's construct, None for plain text.
            is_formatted: whether the driver reads %s and %% in it.
        """

    def ended(self, words: str) -> None:
        """Handle an end of the connection's transaction that bypasses Alembic."""


class _Interception(NamedTuple):
    """An interceptor, and the feature that is turned off if the interceptor fails."""

    interceptor: Interceptor
    feature: str

    def call(
        self, look: Callable[[Callable[[], Any]], Any], go_on: Callable[[], Any]
    ) -> Any:
        """Return the result of *look*, or turn off the feature if *look* fails."""
        if not self.feature:
            return look(go_on)
        return hooks.looking(self.feature, look, go_on)


def intercept_operations(prepare: Callable[[Any, Any], object]) -> None:
    """Pass operations to the interceptor of their context, if it has one.

    Args:
        prepare: a function that is called with the context and the operation before
            Alembic runs it.
    """
    names.INVOKE.wrap(functools.partial(_intercepting_invoke, prepare))
    names.FLUSH.wrap(_intercepting_flush)


def _intercepting_invoke(
    prepare: Callable[[Any, Any], object], original: Callable[..., Any]
) -> Callable[..., Any]:
    def prepared(self: Any, operation: Any) -> Any:
        prepare(getattr(self, "migration_context", None), operation)
        return original(self, operation)

    def invoke(self: Any, operation: Any) -> Any:
        found = _of(getattr(self, "migration_context", None))
        if found is None:
            return prepared(self, operation)
        interceptor = found.interceptor

        def look(go_on: Callable[[], Any]) -> Any:
            if isinstance(self.impl, names.BATCH_IMPL.find()):
                return interceptor.batched(go_on, operation, self.impl)
            return interceptor.operation(go_on, operation)

        return found.call(look, functools.partial(prepared, self, operation))

    return invoke


def _intercepting_flush(original: Callable[..., Any]) -> Callable[..., Any]:
    def flush(self: Any) -> Any:
        operations = getattr(self, "operations", None)
        found = _of(getattr(operations, "migration_context", None))
        if found is None:
            return original(self)
        interceptor = found.interceptor

        def look(go_on: Callable[[], Any]) -> Any:
            recreates = bool(names.SHOULD_RECREATE.of(self)())
            return interceptor.batch(go_on, str(self.table_name), recreates, self)

        return found.call(look, functools.partial(original, self))

    return flush


_of_others = SimpleNamespace()
"""The interceptor for contexts that have none of their own."""


def _of(context: Any) -> _Interception | None:
    # Not by getattr(): a mock has every attribute.
    own = getattr(context, "__dict__", {}).get(_INTERCEPTOR)
    return own or vars(_of_others).get(_INTERCEPTOR)


@contextmanager
def intercepted(
    context: MigrationContext | None, interceptor: Interceptor, feature: str = ""
) -> Iterator[None]:
    """Pass the operations of a context to *interceptor* while the body runs.

    Args:
        context: the migration context of the operations; None for all contexts without
            an interceptor.
        interceptor: the receiver of the operations.
        feature: the feature that is switched off when the interceptor fails; without
            one the error is raised.

    Raises:
        UnsupportedAlembicError: this Alembic has no place to intercept them.
    """
    names.INVOKE.find()
    names.FLUSH.find()
    holder = _of_others if context is None else context
    outer = vars(holder).get(_INTERCEPTOR)
    setattr(holder, _INTERCEPTOR, _Interception(interceptor, feature))
    try:
        yield
    finally:
        setattr(holder, _INTERCEPTOR, outer)


@contextmanager
def watched(
    context: MigrationContext, watcher: ConnectionInterceptor
) -> Iterator[None]:
    """Report each use of the context by a revision to *watcher* while the body runs.

    A failure of the watcher turns off the guard, and nothing else.
    """
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

    with intercepted(context, watcher, GUARD):
        event.listen(connection, "before_cursor_execute", before)
        try:
            with telling_of_ends(connection, hooks.harmless(GUARD)(watcher.ended)):
                yield
        finally:
            event.remove(connection, "before_cursor_execute", before)


@contextmanager
def telling_of_ends(connection: Any, tell: Callable[[str], None]) -> Iterator[None]:
    """Call *tell* before ``connection.commit()`` and ``connection.rollback()``.

    This holds while the body runs.  Alembic ends its own transactions in another way.
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


def watch_step(
    context: MigrationContext, step: Any, watcher: ConnectionInterceptor
) -> None:
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
    """Make *step* the running step of the context while the body runs.

    After an error or an interruption it is still the running step, so that the report
    names it.
    """
    outer = getattr(context, STEP, None)
    setattr(context, STEP, step)
    yield
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
        if connection is None or connection.dialect.name != "postgresql":
            return tuple(original(self))
        with _lock_timeout(connection, f"{int(seconds * 1000)}ms"):
            return tuple(original(self))

    with names.GET_HEADS.replaced(get_current_heads):
        yield


@contextmanager
def _lock_timeout(connection: Connection, bound: str) -> Iterator[None]:
    """Set ``lock_timeout`` for the open transaction, or in autocommit for the body."""
    raw = connection.connection.dbapi_connection
    if not getattr(raw, "autocommit", False):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{bound}'")
        yield
        return
    before = connection.exec_driver_sql("SHOW lock_timeout").scalar()
    connection.exec_driver_sql(f"SET lock_timeout = '{bound}'")
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.exec_driver_sql(f"SET lock_timeout = '{before}'")
