"""Access to the parts of ``alembic.op`` that directives use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alembic import op

from alembic_zdt.alembic_compat import patches as names
from alembic_zdt.errors import UnsupportedAlembicError

replaced: dict[str, Callable[..., Any]] = {}
"""The functions that run instead of directives, by the name of the directive."""


def current_operations() -> Any:
    """Return the object behind the functions of ``alembic.op`` while a revision runs.

    Raises:
        NameError: no revision is run; the text is Alembic's.
    """
    proxy = vars(op).get(names.PROXY.key(op))
    if proxy is None:
        op.get_context()  # raises NameError unless a revision is run
        return names.PROXY.of(op)
    return proxy


def is_taken(owner: type[Any], name: str) -> bool:
    """Check whether a class or one of its bases has an attribute of that name."""
    return any(name in vars(each) for each in owner.__mro__)


def announce(directives: frozenset[str], register: Callable[[], None]) -> None:
    """Let ``op.<name>`` call *register* first, for directives not yet registered.

    Args:
        directives: their names.
        register: a function that registers them all; Alembic finds them by itself from
            then on.
    """

    def of_instance(self: Any, name: str) -> Any:
        if name not in directives:
            owner = f"{type(self).__name__!r} object"
            raise AttributeError(_no_attribute(owner, name), name=name, obj=self)
        register()
        return object.__getattribute__(self, name)

    def of_module(name: str) -> Any:
        if name not in directives:
            words = _no_attribute("module 'alembic.op'", name)
            raise AttributeError(words, name=name, obj=op)
        register()
        return vars(op)[name]

    # PEP 562 for the module, the same for the class: called for missing names only.
    if "__getattr__" not in vars(op):
        setattr(op, "__getattr__", of_module)  # noqa: B010
    try:
        operations = names.ABSTRACT_OPERATIONS.find()
    except UnsupportedAlembicError as error:
        names.turn_off(error)
        return
    if "__getattr__" not in vars(operations):
        setattr(operations, "__getattr__", of_instance)  # noqa: B010


def _no_attribute(owner: str, name: str) -> str:
    return f"{owner} has no attribute {name!r}"


@contextmanager
def put_aside() -> Iterator[None]:
    """Restore the objects behind ``op`` and ``context`` after the body.

    Alembic removes their proxies at the end of an inner context, which would leave the
    outer one without any.
    """
    from alembic import context  # noqa: PLC0415  # not there yet when alembic loads us

    outer = [vars(module).get("_proxy") for module in (op, context)]
    try:
        yield
    finally:
        for proxy in outer:
            if proxy is not None:
                names.INSTALL_PROXY.of(proxy)()
