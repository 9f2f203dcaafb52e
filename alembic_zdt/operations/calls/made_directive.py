"""The call of a directive, made from the operation behind it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from inspect import Parameter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.operations import Operations

_REST = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def made_directive(story: type[Any], name: str) -> Callable[..., None]:
    """Return a function that makes the operation from its arguments, and runs it.

    It has the arguments of ``__init__()``, but not the ``hidden_arguments`` of the
    class, and the docstring of the class.

    Args:
        story: the operation.
        name: the directive.
    """

    def call(
        cls: type[Any], operations: Operations, *positional: Any, **named: Any
    ) -> None:
        operations.invoke(cls(*positional, **named))

    first = inspect.signature(call).parameters
    hidden = getattr(story, "hidden_arguments", ())
    given = [each for each in _parameters(_inits(story)) if each.name not in hidden]
    parameters = [first["cls"], first["operations"], *given]
    signature = inspect.Signature(parameters, return_annotation="None")
    setattr(call, "__signature__", signature)  # noqa: B010  # functions declare none
    call.__name__, call.__doc__ = name, story.__doc__
    return call


def _inits(story: type[Any]) -> Iterator[list[Parameter]]:
    for each in story.__mro__:
        if "__init__" in vars(each):
            _self, *own = inspect.signature(vars(each)["__init__"]).parameters.values()
            yield own


def _parameters(inits: Iterator[list[Parameter]]) -> list[Parameter]:
    """Return the parameters, with those of the next class for ``**options``."""
    given = next(inits)
    own = [each for each in given if each.kind not in _REST]
    if len(own) == len(given):
        return own
    names = {each.name for each in own}
    others = [each for each in _parameters(inits) if each.name not in names]
    return sorted([*others, *own], key=_place)


def _place(parameter: Parameter) -> tuple[int, bool, bool]:
    """Return the place of a parameter: required ones first, the schema last."""
    is_optional = parameter.default is not Parameter.empty
    return parameter.kind, is_optional, parameter.name == "schema"
