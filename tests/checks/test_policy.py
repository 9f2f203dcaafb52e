"""The settings decide the same for the guard and for a list of findings."""

from __future__ import annotations

from itertools import product

import pytest

from alembic_zdt.checks.policy import Policy
from alembic_zdt.findings import Severity
from alembic_zdt.names import QualifiedName
from alembic_zdt.settings import Settings

USERS = QualifiedName("users")
LARGE = 10**9
MODES = ("", "off", "warn", "error")
GUARD = {"off": None, "warn": Severity.WARNING, "error": Severity.ERROR}


def policy(of_check, of_table):
    said = {
        "check_modes": f"create-index={of_check}" if of_check else "",
        "table_modes": f"users={of_table}" if of_table else "",
    }
    return Policy.of(Settings.from_sources(("here", said)))


@pytest.mark.parametrize(("of_check", "of_table"), list(product(MODES, MODES)))
def test_guard_and_list_agree(of_check, of_table):
    """Except for notes, which the guard leaves out and a list shows."""
    settings = policy(of_check, of_table)
    for severity in Severity:
        mode = settings.at_run_time("create-index", severity, USERS, LARGE)
        listed = settings.severity("create-index", severity, USERS)

        assert GUARD[mode] == (None if listed is Severity.NOTE else listed)


@pytest.mark.parametrize(
    ("of_check", "of_table", "mode"),
    [
        ("off", "error", "off"),
        ("error", "off", "off"),
        ("warn", "error", "warn"),
        ("error", "warn", "error"),
        ("", "warn", "warn"),
    ],
)
def test_off_counts_most_and_then_the_check(of_check, of_table, mode):
    settings = policy(of_check, of_table)

    assert settings.at_run_time("create-index", Severity.ERROR, USERS, LARGE) == mode
