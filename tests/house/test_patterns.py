"""Every regular expression of the package reads a long text in linear time.

Revisions hold long literals, and a pattern that backtracks over one hangs the command.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import alembic_zdt

LENGTH = 100_000
SECONDS = 1
"""Processor time: a linear search takes milliseconds, a quadratic one minutes."""
PIECES = (
    *" '\"()[\\-\na0_",
    *("-- ", "/*", "*/", "a ", "a.", '"a', "'a", "(a", "%(", "a,"),
)
FUNCTIONS = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub")


def modules():
    for module in pkgutil.walk_packages(alembic_zdt.__path__, "alembic_zdt."):
        if not module.name.endswith("__main__"):
            yield importlib.import_module(module.name)


def compiled(value: object, depth: int = 3) -> Iterator[re.Pattern[str]]:
    """The patterns in a value: itself, or in a class or a collection."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, dict):
        yield from compiled([*value, *value.values()], depth - 1)
    elif depth and isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from compiled(each, depth - 1)
    elif depth == 3 and isinstance(value, type):
        yield from compiled(list(vars(value).values()), depth - 1)


def written(module) -> Iterator[re.Pattern[str]]:
    """The constant patterns that a module gives to functions of ``re``."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re"), attr=name),
                args=[ast.Constant(value=str() as text), *_],
            ) if name in FUNCTIONS:
                yield re.compile(text)


@pytest.fixture(scope="module")
def patterns():
    found = {}
    for module in modules():
        values = [v for k, v in vars(module).items() if not k.startswith("__")]
        for pattern in (*compiled(values), *written(module)):
            found.setdefault((pattern.pattern, pattern.flags), (module, pattern))
    return list(found.values())


@contextmanager
def at_most(seconds):
    def stop(_signal, _frame):
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def texts(pattern):
    """Long texts of the usual pieces, and of the words of the pattern itself."""
    source = pattern.pattern
    is_text = isinstance(source, str)
    words = dict.fromkeys(re.findall(r"[A-Za-z_]{2,}", str(source)))
    for piece in (*PIECES, *(f"{word} " for word in words)):
        text = (piece * (LENGTH // len(piece))) + "!"
        yield text if is_text else text.encode()


def test_a_long_text_is_read_in_linear_time(patterns):
    assert len(patterns) > 70
    slow = []
    for module, pattern in patterns:
        for text in texts(pattern):
            try:
                with at_most(SECONDS):
                    if pattern.search(text):  # else it reads no less
                        pattern.fullmatch(text)
            except TimeoutError:
                slow.append((module.__name__, pattern.pattern, text[:10]))
                break
    assert not slow
