"""Harmless stubs for modules of the application that cannot be imported.

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
    """An empty object, which can be called, indexed, iterated and compared.

    As a decorator it returns the decorated object unchanged.
    """

    def __init__(self, *_arguments: Any, **_named: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Return the decorated object, or another empty one."""
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
    """A module that has every name."""

    __path__ = []  # noqa: RUF012  # as a package has it

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()


class _Finder(MetaPathFinder, Loader):
    """A finder for the modules of some packages that no other finder has found."""

    def __init__(self, packages: Sequence[str]) -> None:
        self._packages = frozenset(packages)

    def find_spec(
        self, fullname: str, _path: Any = None, _target: Any = None
    ) -> ModuleSpec | None:
        """Return the spec of a stub, if the module is of these packages."""
        if fullname.partition(".")[0] not in self._packages:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return an empty module."""
        return _Module(spec.name)

    def exec_module(self, _module: ModuleType) -> None:
        """Do nothing, because the module is empty."""


@contextmanager
def stubbed(packages: Sequence[str]) -> Iterator[None]:
    """Replace missing modules of these packages with stubs while the body runs."""
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
