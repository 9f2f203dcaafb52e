"""Ask for one part after the other: one that fails does not end the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from alembic_zdt.errors import ZdtError
from alembic_zdt.events.redaction import without_passwords

Found = TypeVar("Found")
Tell = Callable[[str, str], None]
"""A function that gets a part, and the text of its error, empty if there is none."""


class Attempts:
    """Gathers the faults of one look at the databases.

    Args:
        tell: a function that gets the texts of errors, which the page does not show.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.faults: list[str] = []

    def at(
        self,
        part: str,
        ask: Callable[[], Found],
        name: Callable[[], str] | None = None,
    ) -> Found | None:
        """Return what *ask* returns, or None and note a fault.

        Args:
            part: the part that is asked, for example ``the fleet``.
            ask: a function that may fail with any error.
            name: a function that returns a better name after a failure.

        Raises:
            KeyboardInterrupt: a signal has ended it.
        """
        try:
            found = ask()
        except (Exception, SystemExit) as error:  # noqa: BLE001  # env.py may raise any
            _pass_on_interruption(error)
            self._note(part, name() if name else part, error)
            return None
        self._tell(part, "")
        return found

    def _note(self, part: str, name: str, error: BaseException) -> None:
        text = error.message if isinstance(error, ZdtError) else str(error)
        what = f"{name} could not be asked"
        self._tell(part, f"{what}: {clean(text)}")
        kind = type(error).__name__
        self.faults.append(f"{what}: {kind}; the terminal of the board has the text")


def _pass_on_interruption(error: BaseException) -> None:
    """Raise the signal that was turned into another error, as by ``sys.exit()``."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, KeyboardInterrupt):
            raise cause
        cause = cause.__context__


def clean(text: str) -> str:
    """Return a text without passwords."""
    return without_passwords(text, ())
