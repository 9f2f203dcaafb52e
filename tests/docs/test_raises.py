"""The errors in the docstring of a directive are those that it raises."""

from __future__ import annotations

import re

import pytest

from alembic_zdt import errors
from tests.operations.refusals.test_bad_input import ALL
from tests.operations.refusals.test_wrong_relations import CALLS
from tools.directives import directives

RAISES = {each.name: each.parts.raises for each in directives()}
OF_EVERY_CALL = (
    errors.IdentifierTooLongError,
    errors.StatementFailedError,
    errors.StatementTimeoutError,
)
"""Any directive may raise them, as docs/errors.md says of each."""


def directive_in(call):
    """Return the last directive of a revision's body."""
    return [name for name in re.findall(r"op\.(\w+)\(", call) if name in RAISES][-1]


RAISED = sorted(
    {(directive_in(bad.call), bad.error) for bad in ALL}
    | {(directive_in(call), errors.WrongObjectTypeError) for call in CALLS.values()},
    key=str,
)


@pytest.mark.parametrize("name", RAISES)
def test_docstring_names_what_is_raised(name):
    """Each error of the tests of bad input, itself or as a kind of a named one."""
    named = tuple(getattr(errors, each) for each in RAISES[name])
    raised = [error for directive, error in RAISED if directive == name]

    assert [
        e.__name__ for e in raised if not issubclass(e, (*named, *OF_EVERY_CALL))
    ] == []


@pytest.mark.parametrize("name", RAISES)
def test_every_error_of_a_docstring_exists(name):
    assert all(
        issubclass(getattr(errors, each), errors.ZdtError) for each in RAISES[name]
    )
