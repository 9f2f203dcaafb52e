"""The command ``alembic-zdt board``: a page in the browser that shows what goes on."""

from __future__ import annotations

import sys
from functools import partial

from alembic.config import CommandLine, Config

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.printable import printable
from alembic_zdt.runner import signals

_PORT = 8790


def add(cli: CommandLine) -> None:
    """Add ``board`` to Alembic's command line."""
    parser = contexts.add_command(
        cli,
        "board",
        board,
        [],
        ["port"],
        "Show windows, backfills, a fleet run and blockers on a page for the browser.",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=_PORT,
        metavar="N",
        help=f"use port N of loopback, 0 for any free one (default: {_PORT})",
    )


def board(config: Config, port: int) -> None:
    """Show what goes on, until Ctrl-C.

    Raises:
        SystemExit: 130 after Ctrl-C, 143 after SIGTERM.
    """
    from alembic_zdt.board import board_server, board_state  # noqa: PLC0415  # when needed

    tell = _Teller()
    shown = board_server.Board(lambda: board_state.board_state(config, tell))
    try:
        with board_server.serving(shown, port, partial(tell, "the page")) as url:
            config.print_stdout("%s", f"board: {url} (Ctrl-C ends it)")
            config.stdout.flush()
            shown.work()
    except KeyboardInterrupt as error:
        number = signals.number_of(error)
        sys.stderr.write(f"board: interrupted by {number.name}\n")
        sys.exit(ExitCode(128 + number))


class _Teller:
    """Writes each text to the standard error, once while its part says the same."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def __call__(self, part: str, text: str) -> None:
        if text and text != self._last.get(part):
            sys.stderr.write(printable(text, keep="\n") + "\n")
            sys.stderr.flush()
        self._last[part] = text
