"""Expressions of pgbench over whole numbers.

The random functions draw as those of pgbench do, from the same distributions.

https://www.postgresql.org/docs/current/pgbench.html#PGBENCH-BUILTIN-FUNCTIONS
"""

from __future__ import annotations

import ast
import math
import operator
import random
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from types import MappingProxyType

Expression = Callable[[Mapping[str, int]], int]
_Drawn = Callable[[int, int, float], int]

_WORDS = re.compile(r"[\s\w:+*/%(),.-]+")
_VARIABLE = re.compile(r":([A-Za-z_]\w*)")
_PREFIX = "v_"


class RefusedError(Exception):
    """An expression or a command that is not supported."""


def compiled(text: str, known: Collection[str]) -> Expression:
    """Return the expression as a function of the variables.

    Args:
        text: the expression.
        known: the variables that are set before it.

    Raises:
        RefusedError: it is not supported.
    """
    python = _VARIABLE.sub(rf"{_PREFIX}\1", text.strip())
    try:
        parsed = ast.parse(python, mode="eval").body
    except SyntaxError:
        parsed = None
    if parsed is None or not _WORDS.fullmatch(text):
        raise RefusedError(f"cannot read the expression {text.strip()}")
    return _of(parsed, known)


def _of(node: ast.expr, known: Collection[str]) -> Expression:
    match node:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return lambda _variables: number
        case ast.Name(id=name) if name.startswith(_PREFIX):
            return _variable(name.removeprefix(_PREFIX), known)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = _of(operand, known)
            return lambda variables: -value(variables)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            apply = _OPERATORS[type(op)]
            first, second = _of(left, known), _of(right, known)
            return lambda variables: apply(first(variables), second(variables))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _call(name, arguments, known)
    raise RefusedError(f"{_shown(node)} is not supported")


def _variable(name: str, known: Collection[str]) -> Expression:
    if name not in known:
        raise RefusedError(f"the variable :{name} is not set")
    return lambda variables: variables[name]


def _call(name: str, nodes: list[ast.expr], known: Collection[str]) -> Expression:
    if name in _DRAWN:
        return _random(name, nodes, known)
    least, call = _FUNCTIONS.get(name, (0, None))
    if call is None:
        raise RefusedError(f"the function {name} is not supported")
    if len(nodes) < least or (name == "abs" and len(nodes) > least):
        raise RefusedError(f"the function {name} has a wrong number of arguments")
    values = [_of(each, known) for each in nodes]
    return lambda variables: call([each(variables) for each in values])


def _random(name: str, nodes: list[ast.expr], known: Collection[str]) -> Expression:
    draw, lowest, highest = _DRAWN[name]
    parameter = 1.0
    if name != "random" and len(nodes) == _WITH_PARAMETER:
        match nodes.pop():
            case ast.Constant(value=int() | float() as given):
                parameter = float(given)
            case other:
                raise RefusedError(f"the parameter {_shown(other)} is not a number")
    elif name != "random":
        raise RefusedError(f"the function {name} has a wrong number of arguments")
    if len(nodes) != _WITH_PARAMETER - 1:
        raise RefusedError(f"the function {name} has a wrong number of arguments")
    if not lowest <= parameter <= highest:
        raise RefusedError(f"{name} takes no parameter {parameter:g}")
    low, high = (_of(each, known) for each in nodes)
    return lambda variables: draw(*_ordered(low(variables), high(variables)), parameter)


def _ordered(low: int, high: int) -> tuple[int, int]:
    if low > high:
        raise ValueError(f"the range of random numbers from {low} to {high} is empty")
    return low, high


def _divided(left: int, right: int) -> int:
    """Divide as SQL does, towards zero."""
    whole = abs(left) // abs(right)
    return whole if (left < 0) == (right < 0) else -whole


_OPERATORS: Mapping[type[ast.operator], Callable[[int, int], int]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: _divided,
        ast.Mod: lambda left, right: left - right * _divided(left, right),
    }
)
_FUNCTIONS: Mapping[str, tuple[int, Callable[[list[int]], int]]] = MappingProxyType(
    {"abs": (1, lambda found: abs(found[0])), "least": (1, min), "greatest": (1, max)}
)
_RANDOM = random.Random()  # noqa: S311  # no secret
_WITH_PARAMETER = 3


def _uniform(low: int, high: int, _parameter: float) -> int:
    return _RANDOM.randint(low, high)


def _gaussian(low: int, high: int, parameter: float) -> int:
    drawn = parameter
    while not -parameter <= drawn < parameter:
        drawn = _RANDOM.gauss(0, 1)
    return low + int((high - low + 1) * (drawn + parameter) / (2 * parameter))


def _exponential(low: int, high: int, parameter: float) -> int:
    cut = math.exp(-parameter)
    drawn = -math.log(cut + (1 - cut) * (1 - _RANDOM.random())) / parameter
    return min(high, low + int((high - low + 1) * drawn))


def _zipfian(low: int, high: int, parameter: float) -> int:
    """Draw by rejection, as Devroye does on page 551.

    http://www.nrbook.com/devroye/
    """
    base = math.pow(2, parameter - 1)
    while True:
        drawn = _power_of_random(-1 / (parameter - 1))
        height = math.pow(1 + 1 / drawn, parameter - 1)
        weight = _RANDOM.random() * drawn * (height - 1) / (base - 1)
        if drawn <= high - low + 1 and weight <= height / base:
            return low - 1 + drawn


def _power_of_random(exponent: float) -> int:
    while True:
        with suppress(OverflowError):
            return math.floor(math.pow(1 - _RANDOM.random(), exponent))


_DRAWN: Mapping[str, tuple[_Drawn, float, float]] = MappingProxyType(
    {
        "random": (_uniform, 1.0, 1.0),
        "random_gaussian": (_gaussian, 2.0, math.inf),
        "random_exponential": (_exponential, math.ulp(0.0), math.inf),
        "random_zipfian": (_zipfian, 1.001, 1000.0),
    }
)


def _shown(node: ast.expr) -> str:
    return _as_in_pgbench(ast.unparse(node))


def _as_in_pgbench(text: str) -> str:
    return re.sub(rf"\b{_PREFIX}", ":", text)
