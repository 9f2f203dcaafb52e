"""Harmless stubs for modules of the application that cannot be imported.

https://docs.python.org/3/library/importlib.html#importlib.abc.MetaPathFinder
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FrameType, FunctionType, ModuleType, SimpleNamespace
from typing import Any, Self

from sqlalchemy import DefaultClause, Enum, text
from sqlalchemy.types import UserDefinedType

from alembic_zdt.alembic_compat.contexts import replaced

_listening = SimpleNamespace(to=None)


class Nothing(UserDefinedType[Any]):
    """An empty object, which can be called, indexed, iterated and compared.

    As a decorator it returns the decorated object unchanged.  As the type of a column
    it is text.

    Attributes:
        zdt_name: its dotted name in the application.
        zdt_is_harmless: whether it was used as a type or a context, which does no work.
    """

    cache_ok = True
    zdt_name = ""
    zdt_is_harmless = False

    def __init__(self, *_arguments: Any, **_named: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            words = f"{self.zdt_name}, which --stub has replaced, has no {name}"
            raise AttributeError(words)
        return named(f"{self.zdt_name}.{name}")

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Return the decorated object, or a new empty object for any other call."""
        caller = sys._getframe(1)  # noqa: SLF001  # no copy
        match arguments:
            case [FunctionType() | type() as decorated] if not (
                options or _is_bound(decorated, caller)
            ):
                returned: Any = decorated
            case [str() as name, tuple() as bases, dict() as body]:  # a metaclass
                return type(name, bases, body)
            case _:
                returned = named(self.zdt_name)
        if str(caller.f_globals.get("__name__")).startswith("sqlalchemy."):
            # It makes a type of a class.
            self.zdt_is_harmless = True
        elif _listening.to is not None:
            _listening.to(self.zdt_name, returned)
        return returned

    def get_col_spec(self, **_options: Any) -> str:
        """Return the type that a column of a missing type has."""
        self.zdt_is_harmless = True
        return "TEXT"

    def __enter__(self) -> Self:
        self.zdt_is_harmless = True
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from ()
        return self

    def __len__(self) -> int:
        return 0

    def __lt__(self, _other: object) -> bool:
        return False

    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    __instancecheck__ = __subclasscheck__ = __lt__

    def __getitem__(self, _key: Any) -> Any:
        return named(self.zdt_name)

    def __or__(self, _other: Any) -> Any:
        return named(self.zdt_name)

    __ror__ = __and__ = __rand__ = __add__ = __radd__ = __sub__ = __rsub__ = __or__
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __mod__ = __rmod__ = __or__
    __floordiv__ = __rfloordiv__ = __pow__ = __rpow__ = __matmul__ = __xor__ = __or__

    def __invert__(self) -> Any:
        return named(self.zdt_name)

    __neg__ = __pos__ = __abs__ = __invert__

    def __clause_element__(self) -> Any:
        """Return NULL, in an expression of SQL."""
        return text("NULL")

    def __setitem__(self, _key: Any, _value: Any) -> None:
        """Keep nothing."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    __aiter__ = __iter__

    def __bool__(self) -> bool:
        return False

    def __int__(self) -> int:
        return 0

    __index__ = __int__

    def __float__(self) -> float:
        return 0.0

    def __str__(self) -> str:
        return ""

    __fspath__ = __str__

    def __format__(self, _format: str) -> str:
        return ""

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        """Return the class in place of a stub that is used as a base class.

        If several bases are stubs, only the first one returns it.
        """
        stubs = [base for base in bases if isinstance(base, Nothing)]
        has_class = any(isinstance(b, type) and issubclass(b, Nothing) for b in bases)
        return () if has_class or stubs[0] is not self else (Nothing,)


def _is_bound(given: type | FunctionType, caller: FrameType) -> bool:
    """Check whether the caller has stored the argument under a name already.

    If not, the argument is being decorated.  For a class any name counts, for a
    function only its own.
    """
    scopes = (caller.f_locals, caller.f_globals)
    if isinstance(given, FunctionType):
        return any(scope.get(given.__name__) is given for scope in scopes)
    return any(each is given for scope in scopes for each in scope.values())


def _as_default(original: Callable[..., None]) -> Callable[..., None]:
    """Let the default of a column be a stub, which is replaced by a constant."""

    def init(clause: Any, arg: Any, *arguments: Any, **named: Any) -> None:
        own = text("''") if isinstance(arg, Nothing) else arg
        original(clause, own, *arguments, **named)

    return init


def _as_values(original: Callable[..., None]) -> Callable[..., None]:
    """Let the values of an enum be stubs, which are replaced by their names."""

    def init(enum: Any, *values: Any, **named: Any) -> None:
        own = (
            each.zdt_name.rpartition(".")[2] if isinstance(each, Nothing) else each
            for each in values
        )
        original(enum, *own, **named)

    return init


def named(name: str) -> Any:
    """Return a stub with a dotted name."""
    found = Nothing()
    found.zdt_name = name
    return found


@contextmanager
def calls_told(to: Callable[[str, Any], object]) -> Iterator[None]:
    """Pass each call of a stub, and its result, to *to* while the body runs."""
    before, _listening.to = _listening.to, to
    try:
        yield
    finally:
        _listening.to = before


class _Module(ModuleType):
    """A module that has every name."""

    __path__ = []  # noqa: RUF012  # as a package has it

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return named(f"{self.__name__}.{name}")


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
    """Replace missing modules of these packages with stubs while the body runs.

    Revisions use ``sqlalchemy.orm``, which the application would have imported.
    """
    importlib.import_module("sqlalchemy.orm")
    finder = _Finder(packages)
    before = set(sys.modules)
    sys.meta_path.append(finder)
    try:
        with (
            replaced(DefaultClause, "__init__", _as_default(DefaultClause.__init__)),
            replaced(Enum, "__init__", _as_values(Enum.__init__)),
        ):
            yield
    finally:
        sys.meta_path.remove(finder)
        for name in set(sys.modules) - before:
            if isinstance(sys.modules[name], _Module):
                del sys.modules[name]
