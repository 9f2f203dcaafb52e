"""The exit codes of all commands.

Alembic's own command line ends with 2, too, if its arguments cannot be read.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from enum import IntEnum
from types import MappingProxyType


class ExitCode(IntEnum):
    """The exit code of a command.

    Each code but 0 has the same meaning for all commands except ``fleet``.
    """

    OK = 0
    WARNING = 1
    ERROR = 2
    BEHIND_CONTRACT = 3
    EXPAND = 10
    MIGRATE = 20
    CONTRACT = 30
    INTERRUPTED = 128 + signal.SIGINT
    TERMINATED = 128 + signal.SIGTERM
    FAILED = -1
    """Alembic's code for an error."""

    @property
    def shown(self) -> int:
        """Return the code as a shell shows it."""
        return self % 256


_OF_FINDINGS = MappingProxyType(
    {
        ExitCode.OK: "no findings, or only notes",
        ExitCode.WARNING: "warnings, or something that could not be checked",
        ExitCode.ERROR: "errors",
    }
)
_BEHIND = "an expand or migrate comes after a contract that is not run yet"
EXIT_CODES: Mapping[str, Mapping[ExitCode, str]] = MappingProxyType(
    {
        "check": _OF_FINDINGS,
        "compat": MappingProxyType(
            {
                ExitCode.OK: "the tests pass, or no revision runs before the deploy",
                ExitCode.WARNING: _OF_FINDINGS[ExitCode.WARNING],
                ExitCode.ERROR: _OF_FINDINGS[ExitCode.ERROR],
                ExitCode.BEHIND_CONTRACT: _BEHIND,
            }
        ),
        "doctor": _OF_FINDINGS,
        "fleet": MappingProxyType(
            {
                ExitCode.OK: "no target failed, and none is left",
                ExitCode.WARNING: "targets failed",
                ExitCode.BEHIND_CONTRACT: "the run was stopped, and targets are left",
            }
        ),
        "lint": _OF_FINDINGS,
        "rehearse": MappingProxyType(
            {
                ExitCode.OK: "no revision failed, and none harmed the application",
                ExitCode.ERROR: _OF_FINDINGS[ExitCode.ERROR],
            }
        ),
        "review": _OF_FINDINGS,
        "status": MappingProxyType(
            {
                ExitCode.OK: "no revision is pending",
                ExitCode.EXPAND: "the next revision is an expand",
                ExitCode.MIGRATE: "the next revision is a migrate",
                ExitCode.CONTRACT: "the next revision is a contract",
            }
        ),
        "upgrade": MappingProxyType(
            {
                ExitCode.OK: "all revisions up to the phase were run",
                ExitCode.BEHIND_CONTRACT: _BEHIND,
            }
        ),
    }
)
"""Commands with exit codes of their own, and the meanings of these codes."""

OF_EVERY_COMMAND: Mapping[ExitCode, str] = MappingProxyType(
    {
        ExitCode.INTERRUPTED: "the command was interrupted by Ctrl-C",
        ExitCode.TERMINATED: "the command was interrupted by SIGTERM",
        ExitCode.FAILED: "the command failed, and printed the error",
    }
)
"""Exit codes that each command may end with."""


def ladder() -> Iterator[tuple[ExitCode, str, tuple[str, ...]]]:
    """Yield each exit code with each of its meanings and the commands that have it.

    No commands are named if every command has the code.
    """
    for code in sorted(ExitCode, key=lambda each: each.shown):
        meanings: dict[str, list[str]] = {}
        for command, codes in EXIT_CODES.items():
            if code in codes:
                meanings.setdefault(codes[code], []).append(command)
        for meaning, commands in meanings.items():
            yield code, meaning, tuple(commands)
        if code in OF_EVERY_COMMAND:
            yield code, OF_EVERY_COMMAND[code], ()


def in_words(command: str) -> str:
    """Return a sentence that lists the exit codes, for the ``--help`` of a command."""
    codes = EXIT_CODES[command].items()
    return f"Exit code {'; '.join(f'{code}: {meaning}' for code, meaning in codes)}."
