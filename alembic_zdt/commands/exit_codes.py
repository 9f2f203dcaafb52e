"""Meanings of the exit codes of this package's commands.

Alembic's exit codes are 255 for an error, and 2 for an invalid command line.
"""

from __future__ import annotations

LINT = {
    0: "no findings, or only advice",
    1: "warnings, or code that could not be checked",
    2: "errors",
}
DOCTOR = {
    0: "no findings, or only notes",
    1: "warnings, or checks that could not run",
    2: "problems that make migrations fail or do harm",
}
STATUS = {
    0: "no revision is pending",
    10: "the next revision is an expand",
    20: "the next revision is a migrate",
    30: "the next revision is a contract",
}
UPGRADE = {
    0: "all revisions up to the phase were run",
    3: "an expand or migrate stands behind a contract that is not run yet",
}
CHECK = {
    0: "the models and the database agree",
    1: "the models differ from the database",
    2: "the database has invalid or unfinished objects",
    3: "1 and 2",
    4: "a contract is not written yet",
    5: "1 and 4",
    6: "2 and 4",
    7: "1, 2 and 4",
}
EXIT_CODES = {
    "check": CHECK,
    "doctor": DOCTOR,
    "lint": LINT,
    "status": STATUS,
    "upgrade": UPGRADE,
}


def in_words(codes: dict[int, str]) -> str:
    """Return a sentence for ``--help``."""
    meanings = "; ".join(f"{code}: {meaning}" for code, meaning in codes.items())
    return f"Exit code {meanings}."
