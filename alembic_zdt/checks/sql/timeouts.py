"""Timeouts that a revision changes, and their durations.

https://www.postgresql.org/docs/current/config-setting.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from alembic_zdt.checks.sql import effects
from alembic_zdt.checks.sql.columns import enum_name

_TIMEOUTS = {
    "idle_in_transaction_session_timeout",
    "lock_timeout",
    "statement_timeout",
    "transaction_timeout",
}
_DURATION = re.compile(r"\A\s*+(?P<number>\d++(?:\.\d++)?)\s*+(?P<unit>[a-z]*+)\s*+")
_MILLISECONDS = {
    "us": 0.001,
    "ms": 1,
    "": 1,
    "s": 1_000,
    "min": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
}


def setting(words: str) -> Callable[[Any], Iterator[Any]]:
    """Return a reader of ALTER ... SET, which contains a statement SET."""

    def reader(node: Any) -> Iterator[Any]:
        yield from _set(node.setstmt, words)

    return reader


def session_setting(node: Any) -> Iterator[Any]:
    """Yield the operation of SET or RESET."""
    yield from _set(node, "SET LOCAL" if node.is_local else "SET")


def _set(node: Any, words: str) -> Iterator[Any]:
    name = node.name.lower()
    if name not in _TIMEOUTS:
        yield effects.NoHarm(words, is_change=words.startswith("ALTER"))
        return
    is_value = enum_name(node, "kind") == "VAR_SET_VALUE"
    value = _duration(node.args[0]) if is_value else None
    yield effects.SetTimeout(name, value, words)


def configured(node: Any) -> Iterator[Any]:
    """Yield the timeouts that ``set_config()`` in a SELECT sets."""
    for each in node.target_list:
        call = each.res_target.val.func_call
        if [part.string.sval for part in call.funcname][-1:] != ["set_config"]:
            continue
        name = call.args[0].a_const.sval.sval.lower()
        if name in _TIMEOUTS:
            yield effects.SetTimeout(name, _duration(call.args[1]), "set_config()")


def _duration(node: Any) -> float | None:
    constant = node.a_const
    if constant.HasField("ival"):
        return float(constant.ival.ival)
    match = _DURATION.fullmatch(constant.sval.sval or constant.fval.fval)
    if match is None or match["unit"] not in _MILLISECONDS:
        return None
    return float(match["number"]) * _MILLISECONDS[match["unit"]]
