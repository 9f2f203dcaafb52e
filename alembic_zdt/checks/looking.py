"""One check on one call, where a failure of the check does no harm."""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.checks.check import Check, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.errors import ConnectionLostError, ZdtError
from alembic_zdt.recording.call import Call


def problems_of(check: Check, call: Call, context: CheckContext) -> Sequence[Problem]:
    """Return the problems that a check finds, and note a failure in the call.

    Raises:
        ConnectionLostError: the connection to the database is lost.
    """
    try:
        return [each.checked() for each in check.look(call, context)]
    except ConnectionLostError:
        raise
    except ZdtError as error:  # of a name that PostgreSQL would cut, for example
        call.leave_unread(error.primary)
    except Exception as error:  # noqa: BLE001  # of an unforeseen call
        call.leave_unread(f"{check.id} fails: {type(error).__name__}: {error}")
    return ()
