"""Hooks in Alembic whose own failure ends the run.

Users get a warning and a run without the feature.  In tests that would hide the fault,
and the feature would be off for all tests of the process.
"""

from __future__ import annotations

from alembic_zdt.alembic_compat import hooks

FORGIVES = "ZDT_TEST_FORGIVES"
"""The environment variable with which a forked command forgives as for users."""
forgive = hooks._forgive


def raised(feature: str, error: Exception) -> None:
    """Raise the failure of a hook."""
    error.add_note(f"For users this would turn off: {feature}.")
    raise error


def make_strict() -> None:
    """Let every hook of this process raise its failures."""
    hooks._forgive = raised


def forgive_again() -> None:
    """Let Alembic go on without a hook that fails, as it does for users."""
    hooks._forgive = forgive
