"""How a queued call is run later: its time window, and whether it needs an approval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alembic_zdt.errors import UsageError
from alembic_zdt.time_window import TimeWindow

INLINE, BACKGROUND = "inline", "background"


@dataclass(frozen=True)
class Later:
    """The options of a call that is only queued.

    Attributes:
        window: the hours at which the call may begin, empty for any time.
        approve: whether ``alembic-zdt queue approve`` must come first.
    """

    window: str = ""
    approve: bool = False

    def arguments(self) -> dict[str, Any]:
        """Return the options as arguments of the call, without defaults."""
        found = {"mode": BACKGROUND, "window": self.window, "approve": self.approve}
        return {name: value for name, value in found.items() if value}


def later_of(
    directive: str, mode: str, window: str | None, approve: bool
) -> Later | None:
    """Return how a call is run later, None if the revision itself runs the call.

    Args:
        directive: the name of the directive.
        mode: ``"inline"`` or ``"background"``.
        window: the hours at which the call may begin, as text.
        approve: whether the call waits for an approval.

    Raises:
        UsageError: a value cannot be read, or it has no effect.
    """
    if mode not in {INLINE, BACKGROUND}:
        raise UsageError(
            f'mode="{mode}" of {directive}() is neither "inline" nor "background"',
            detail='"inline" runs the call in the revision. "background" queues it for '
            'the command "alembic-zdt work".',
            hint='Write mode="background", or leave it out.',
        )
    if mode == BACKGROUND:
        return Later(_window(directive, window), bool(approve))
    if window is None and not approve:
        return None
    option = "approve" if window is None else "window"
    raise UsageError(
        f"{option}= of {directive}() has no effect without a queue",
        detail="The revision itself runs the call. "
        f'{option}= is for mode="background".',
        hint=f'Add mode="background", or leave {option}= out.',
    )


def _window(directive: str, window: str | None) -> str:
    try:
        return TimeWindow("" if window is None else str(window)).text
    except ValueError as error:
        raise UsageError(
            f"window={window!r} of {directive}() cannot be read",
            detail=f"window= takes {error}.",
            hint='Write window="22:00-05:00 Europe/Berlin", or leave it out.',
        ) from error
