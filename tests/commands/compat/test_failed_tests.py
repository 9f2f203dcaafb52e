"""The messages about tests that do not pass."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.compat.failed_tests import FailedTests, refuse_killed
from alembic_zdt.errors import UsageError
from alembic_zdt.exit_codes import ExitCode


def test_tests_that_fail_without_the_revisions_too():
    failed = FailedTests("v1", ["pytest", "-k", "a or b"], ["0002", "0003"])

    error = failed.error(1, 4)

    assert isinstance(error, UsageError)
    assert error.exit_code is ExitCode.WARNING
    assert str(error) == (
        "the tests of v1 fail without the revisions of this branch, too\n"
        "detail: pytest -k 'a or b' ended with exit code 1 after revisions "
        '"0002", "0003", and with 4 before.\n'
        "hint: Make these tests pass on the base with the environment of this branch, "
        "or name others after --.\n"
        "docs: alembic-zdt explain usage"
    )


def test_tests_that_were_killed():
    """As by the system when memory is short: that shows nothing."""
    refuse_killed("the tests of v1 were", 1)
    with pytest.raises(UsageError, match="the tests of v1 were killed by SIGKILL"):
        refuse_killed("the tests of v1 were", -9)
