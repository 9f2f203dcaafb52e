"""Checks of a revision's functions that do not read its file."""

from __future__ import annotations

from types import CodeType
from typing import Any


def function_of(step: Any) -> Any:
    """Return the function of the revision that a step runs."""
    name = "upgrade" if step.is_upgrade else "downgrade"
    return getattr(step.revision.module, name, None)


def does_nothing(function: object) -> bool:
    """Check whether a function reads no name, so that it cannot call anything.

    Args:
        function: the function of a revision, or None.
    """
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    is_empty = not (code.co_names or code.co_freevars)
    return is_empty and not any(isinstance(each, CodeType) for each in code.co_consts)
