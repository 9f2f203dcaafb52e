"""Run a migration in another thread while the test goes on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from tests.support.project import Project


class Upgrade:
    """``upgrade head`` in a thread, and the error it ended with."""

    def __init__(self, project: Project, x: tuple[str, ...]) -> None:
        self._project = project
        self._x = x
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.error: BaseException | None = None

    def _run(self) -> None:
        try:
            self._project.upgrade("head", x=self._x)
        except BaseException as error:  # noqa: BLE001  # the test judges it
            self.error = error

    def begin(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    @property
    def said(self) -> str:
        """The error it ended with."""
        return repr(self.error)

    def wait(self, timeout: float = 60.0) -> None:
        """Wait for the end."""
        if self._thread.ident is None:
            return
        self._thread.join(timeout)
        assert not self.is_running, f"still running after {timeout}s"


@contextlib.contextmanager
def upgrading(project: Project, *x: str) -> Iterator[Upgrade]:
    """Yield an upgrade that is to begin; the block ends when it has ended."""
    upgrade = Upgrade(project, x)
    try:
        yield upgrade
    finally:
        upgrade.wait()
