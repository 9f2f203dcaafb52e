"""Send a statement to the server in one message, with timeouts of its own.

asyncpg sends a statement in two messages, and waits for the answer to the first.  The
server counts that wait against ``statement_timeout``.  If each message takes 100 ms,
the server would end a statement with a timeout of 200 ms before it has begun.

https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.util import await_only

_LIMITS = "zdt_limits"
_HOOK = "do_execute_no_params"


def is_needed(connection: Connection) -> bool:
    """Check whether the driver sends a statement in two messages."""
    return connection.dialect.driver == "asyncpg"


def options(connection: Connection, limits: Mapping[str, str]) -> dict[str, Any]:
    """Return the execution options that let the driver send one message.

    Args:
        connection: a connection for which :func:`is_needed` is true.
        limits: parameters of the session that hold for the statement alone.
    """
    if not event.contains(connection.dialect, _HOOK, _send):
        event.listen(connection.dialect, _HOOK, _send)
    # PostgreSQL undoes it at the end of the message, even after an error.
    parts = [f"SET LOCAL {name} = '{value}'; " for name, value in limits.items()]
    return {_LIMITS: "".join(parts)}


def _send(cursor: Any, statement: str, context: Any) -> bool:
    """Send a statement that has limits, and leave all others to SQLAlchemy."""
    limits = context.execution_options.get(_LIMITS)
    if limits is None:
        return False
    await_only(_execute(cursor, limits + statement))
    return True


async def _execute(cursor: Any, text: str) -> None:
    adapted = cursor._adapt_connection  # noqa: SLF001  # it has no public name
    async with adapted._execute_mutex:  # noqa: SLF001
        try:
            await adapted.driver_connection.execute(text)
        except Exception as error:  # noqa: BLE001  # the adapter translates all
            cursor._handle_exception(error)  # noqa: SLF001
