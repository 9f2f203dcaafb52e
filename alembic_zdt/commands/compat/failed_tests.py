"""The errors for tests that fail with a branch's revisions, or even without them."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from alembic_zdt.errors import RevisionError, UsageError
from alembic_zdt.exit_codes import ExitCode


@dataclass(frozen=True)
class FailedTests:
    """Tests that do not pass.

    Attributes:
        base: the name of the commit that they belong to.
        command: the program that runs them, and its arguments.
        revisions: the revisions of the branch before them.
    """

    base: str
    command: Sequence[str]
    revisions: Sequence[str]

    def error(self, code: int, code_without: int) -> RevisionError | UsageError:
        """Return the error for two exit codes.

        Args:
            code: the exit code of the tests with the revisions.
            code_without: the exit code without them.
        """
        names = ", ".join(f'"{each}"' for each in self.revisions)
        noun = "revision" if len(self.revisions) == 1 else "revisions"
        ended = (
            f"{shlex.join(self.command)} ended with exit code {code} after {noun} "
            f"{names}"
        )
        if code_without:
            return self._already(ended, code_without)
        return self._broken(ended)

    def _already(self, ended: str, code: int) -> UsageError:
        return UsageError(
            f"the tests of {self.base} fail without the revisions of this branch, too",
            detail=f"{ended}, and with {code} before.",
            hint="Make these tests pass on the base with the environment of this "
            "branch, or name others after --.",
            exit_code=ExitCode.WARNING,
        )

    def _broken(self, ended: str) -> RevisionError:
        return RevisionError(
            f"the tests of {self.base} fail with the revisions of this branch",
            detail=f"{ended}, and passed before. The code that is running now fails in "
            "the same way from the upgrade until the deploy.",
            hint="Keep what this code uses until it is gone: split the change into "
            "expand, migrate and contract.",
            exit_code=ExitCode.ERROR,
        )


def refuse_killed(work: str, code: int) -> None:
    """Refuse the exit code of a process that a signal has ended.

    Args:
        work: the work of the process, as the subject of a sentence.
        code: the exit code, below zero after a signal.

    Raises:
        UsageError: it is the code of a signal.
    """
    if code < 0:
        raise UsageError(
            f"{work} killed by {signal.Signals(-code).name}",
            detail="So the revisions were not checked.",
            hint="Run the command again, with more memory if it was short.",
        )
