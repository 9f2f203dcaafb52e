"""Modules of the application that are not here, answered by something harmless.

https://docs.python.org/3/library/importlib.html#importlib.abc.MetaPathFinder
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType
from typing import Any, Self


class Nothing:
    """Whatever is asked of it, it is nothing: called, indexed, iterated, compared.

    As a decorator it leaves what it is put on as it is.
    """

    def __init__(self, *_arguments: Any, **_named: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Nothing comes of it."""
        match arguments:
            case [FunctionType() | type() as decorated] if not named:
                return decorated
        return Nothing()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def __len__(self) -> int:
        return 0

    def __lt__(self, _other: object) -> bool:
        return False

    __le__ = __gt__ = __ge__ = __lt__

    def __getitem__(self, _key: Any) -> Nothing:
        return Nothing()

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return ""

    def __mro_entries__(self, _bases: Any) -> tuple[type, ...]:
        return (Nothing,)


class _Module(ModuleType):
    """Has every name."""

    __path__ = []  # noqa: RUF012  # as a package has it

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()


class _Finder(MetaPathFinder, Loader):
    """Finds the modules of some packages, after all others have looked in vain."""

    def __init__(self, packages: Sequence[str]) -> None:
        self._packages = frozenset(packages)

    def find_spec(
        self, fullname: str, _path: Any = None, _target: Any = None
    ) -> ModuleSpec | None:
        """One of ours, if it is of these packages."""
        if fullname.partition(".")[0] not in self._packages:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty one."""
        return _Module(spec.name)

    def exec_module(self, _module: ModuleType) -> None:
        """There is nothing in it."""


@contextmanager
def stubbed(packages: Sequence[str]) -> Iterator[None]:
    """While the body runs, what of these packages cannot be imported is nothing."""
    finder = _Finder(packages)
    before = set(sys.modules)
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in set(sys.modules) - before:
            if isinstance(sys.modules[name], _Module):
                del sys.modules[name]
