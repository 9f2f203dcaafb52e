"""Processes that run to their end, or are ended with all that they have started.

https://docs.python.org/3/library/subprocess.html
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from alembic_zdt.errors import UsageError
from alembic_zdt.runner.signals import number_of
from alembic_zdt.scratch.clean_up import undisturbed

_SECONDS_TO_END = 10


@dataclass(frozen=True)
class WorkFolder:
    """Where processes run.

    Attributes:
        folder: the current folder of a process.
        environment: its environment variables.
    """

    folder: Path
    environment: Mapping[str, str]

    def run(self, command: Sequence[str], patience: float = _SECONDS_TO_END) -> int:
        """Run a command, and return its exit code, below zero after a signal.

        An exception in this process, such as that of Ctrl-C, ends the command first.

        Args:
            command: the path of a program, and its arguments.
            patience: the seconds that the command gets to end itself in that case.

        Raises:
            UsageError: the command cannot be started.
        """
        process = None
        try:
            process = subprocess.Popen(  # noqa: S603  # the user's own command
                command,
                cwd=self.folder,
                env=dict(self.environment),
                start_new_session=True,  # a signal reaches all of them
            )
            return process.wait()
        except OSError as error:
            raise _not_started(command[0], str(error)) from error
        except BaseException as error:
            if process is not None:
                _end(process, error, patience)
            raise

    def program(self, name: str, elsewhere: Path) -> str:
        """Return the path of a program.

        Args:
            name: a name on the PATH, or a path.
            elsewhere: the folder in which to look for a path that is not in *folder*.

        Raises:
            UsageError: there is no such program.
        """
        if Path(name).name == name:
            found = shutil.which(name, path=self.environment.get("PATH"))
        else:
            paths = (folder / name for folder in (self.folder, elsewhere))
            found = next((str(path) for path in paths if path.is_file()), None)
        if found is None:
            raise _not_started(name, "There is no such file.")
        return found


def _end(
    process: subprocess.Popen[bytes], error: BaseException, patience: float
) -> None:
    """End a process and its children.

    With *patience*, first send the signal that has interrupted this process, and wait.
    """
    first = number_of(error) if isinstance(error, KeyboardInterrupt) else signal.SIGTERM
    with undisturbed():
        if patience:
            _send(process, first)
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience)
        _send(process, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        process.wait()


def _send(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, number)
        else:
            process.terminate()


def _not_started(name: str, why: str) -> UsageError:
    return UsageError(
        f'cannot start "{name}", which should run the tests',
        detail=why,
        hint="Name the tests after --, for example -- python -m pytest -q tests.",
    )
