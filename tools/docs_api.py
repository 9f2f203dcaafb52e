"""Writes ``docs/python-api.md`` from the signatures and docstrings of the functions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from alembic_zdt import aio, api, env
from alembic_zdt.backfill import (
    run_slice,
    run_slice_async,
    unfinished,
    unfinished_async,
)
from alembic_zdt.events import subscribe
from alembic_zdt.otel import trace_runs
from tools.directives import Directive, paragraphs
from tools.markdown import NOTICE, code, prose, semantic, table

FUNCTIONS = MappingProxyType(
    {
        "alembic_zdt.api": [getattr(api, name) for name in api.__all__],
        "alembic_zdt.env": [env.run],
        "alembic_zdt.backfill": [run_slice, unfinished],
        "alembic_zdt.events": [subscribe],
        "alembic_zdt.otel": [trace_runs],
    }
)
"""Public module -> its functions."""
COROUTINES = (
    *((getattr(aio, name), getattr(api, name)) for name in api.__all__),
    (run_slice_async, run_slice),
    (unfinished_async, unfinished),
)
"""Each coroutine, and the function that it corresponds to."""
RETURNS = re.compile(r"^Returns:\n((?: {4}.*\n)+)\n?", re.MULTILINE)
ASYNC = """\
## For asyncio

{}

The first argument is required: an `AsyncEngine`.
Functions of `aio` also accept an `AsyncConnection`."""

HEAD = """\
The functions that a program, an `env.py` or a job may call.
[Migrations from a program](programs.md) explains `api` and `aio`,
[one env.py](env.md) explains `env`,
[backfills](backfills.md#with-a-job-engine) explains `backfill`,
and [events](events.md) explains `events` and `otel`.

Also public:

* `from alembic_zdt import op` has Alembic's operations and the
  [directives](directives/index.md), with types.
* `alembic_zdt.errors` has the [classes of the errors](errors.md).
* `alembic_zdt.rewriter` lets a stock `env.py` write safe revisions
  ([autogenerate](autogenerate.md#together-with-other-hooks)).

Everything that no page names is private."""


def page() -> str:
    """Return the page."""
    sections = [
        text
        for module, functions in FUNCTIONS.items()
        for text in (f"## {module}", *map(_function, functions))
    ]
    asynchronous = table(
        ("coroutine", "function with the same arguments"), map(_row, COROUTINES)
    )
    parts = ("# Python API", NOTICE, HEAD, *sections, ASYNC.format(asynchronous))
    return "\n\n".join(parts) + "\n"


def _row(pair: tuple[Callable[..., Any], Callable[..., Any]]) -> tuple[str, str]:
    """Return the names of a coroutine and its function.

    Raises:
        ValueError: they have not the same arguments.
    """
    coroutine, function = pair
    if [*_parameters(coroutine)] != [*_parameters(function)]:
        raise ValueError(_name(coroutine))
    return code(_name(coroutine)), code(_name(function))


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(function).parameters


def _name(function: Callable[..., Any]) -> str:
    """Return the name with its module, where the module is what a caller imports."""
    module = function.__module__.rpartition(".")[2]
    is_module = module in {"aio", "api"}
    return f"{module}.{function.__name__}" if is_module else function.__name__


def _function(function: Callable[..., Any]) -> str:
    docstring = inspect.getdoc(function) or ""
    returned = RETURNS.search(docstring)
    parts = Directive("", (), "", RETURNS.sub("", docstring)).parts
    rows = _arguments(function, parts.arguments)
    return "\n\n".join(
        (
            f"### {_name(function)}",
            *(semantic(_prose(each)) for each in paragraphs(parts.text)),
            table(("argument", "default", "what it is"), rows),
            *([f"Returns: {_prose(returned[1])}"] if returned else []),
            *_raises(parts.raises),
        )
    )


def _arguments(
    function: Callable[..., Any], described: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Yield the arguments; one without a description has that of ``api.upgrade()``."""
    common = Directive("", (), "", inspect.getdoc(api.upgrade) or "").parts.arguments
    for name, parameter in _parameters(function).items():
        default = parameter.default
        shown = "" if default is inspect.Parameter.empty else code(_constant(default))
        yield code(name), shown, _prose(described.get(name) or common[name])


def _constant(default: object) -> str:
    return f'"{default}"' if isinstance(default, str) else repr(default)


def _prose(text: str) -> str:
    """Write references of Sphinx as code."""
    return re.sub(r":\w+:`([^`]+)`", r"`\1()`", prose(text))


def _raises(found: Mapping[str, str]) -> Iterator[str]:
    if found:
        rows = [f"* {code(name)}: {_prose(text)}" for name, text in found.items()]
        yield "\n".join(("Raises:", "", *rows))
