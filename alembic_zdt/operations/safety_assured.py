"""Mark operations of a revision as safe.

The guard and ``alembic-zdt lint`` report nothing in the body of
``with op.safety_assured("reason"):``.  Online the reason is written into the log of
revisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from alembic_zdt.errors import UsageError
from alembic_zdt.operations.base import annotation, is_said
from alembic_zdt.runner.run_state import RunState, run_state

if TYPE_CHECKING:
    from alembic.operations import Operations


@annotation
class SafetyAssured:
    """The call behind ``op.safety_assured()``, which runs no statement."""

    name = "safety_assured"

    @classmethod
    def safety_assured(
        cls, operations: Operations, reason: str
    ) -> AbstractContextManager[None]:
        """Mark the operations of a ``with`` block as safe, so that no check stops them.

        Operations after the block are checked as usual.

        Args:
            reason: why they are safe; it is kept in the log of revisions.

        Raises:
            UsageError: no reason is given.

        Example::

            with op.safety_assured("no code has read it since March"):
                op.drop_column("users", "fax")

        https://www.postgresql.org/docs/current/explicit-locking.html
        """
        if not is_said(reason):
            raise UsageError(
                "op.safety_assured() needs a reason",
                detail="The reason is kept in the log of revisions.",
                hint='Write op.safety_assured("no code has read it since March").',
            )
        return _assured(run_state(operations.get_context()), reason.strip())


@contextmanager
def _assured(run: RunState, reason: str) -> Iterator[None]:
    run.reasons.append(reason)
    run.assuring.append(reason)
    try:
        yield
    finally:
        run.assuring.pop()


def assured_by(context: Any) -> str:
    """Return the reason of the ``with`` block that is running, empty if none."""
    return run_state(context).assured
