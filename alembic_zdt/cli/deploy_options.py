"""The options that choose phases, and what contracts do about old sessions."""

from __future__ import annotations

from argparse import ArgumentParser

from alembic_zdt.phases import Phase


def add_phase_options(parser: ArgumentParser) -> None:
    """Add ``--phase`` and its aliases, of which a command takes one."""
    phases = parser.add_mutually_exclusive_group()
    phases.add_argument(
        "--phase",
        metavar="PHASE",
        help="stop before the first revision whose phase comes after PHASE (expand, "
        "migrate or contract)",
    )
    for option, phase, when in (
        ("--before-deploy", Phase.MIGRATE, "stop before contract"),
        ("--after-deploy", Phase.CONTRACT, "continue with contract"),
    ):
        phases.add_argument(
            option,
            action="store_const",
            const=phase.value,
            dest="phase",
            help=f"{when}, {phase.when}: the same as --phase {phase.value}",
        )


def add_old_sessions_option(parser: ArgumentParser, what: str, which: str) -> None:
    """Add ``--old-sessions``.

    Args:
        parser: the parser of the command.
        what: the phase or the downgrade that looks for old sessions.
        which: a relative clause that tells which sessions are old.
    """
    parser.add_argument(
        "--old-sessions",
        metavar="WHAT",
        help=f"choose what {what} does while sessions {which} are connected: refuse, "
        "wait=DURATION or ignore",
    )
