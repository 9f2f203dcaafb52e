"""What Alembic keeps to itself of ``alembic.op``; see also ``compat``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alembic import op
from alembic.operations import AbstractOperations


def current_operations() -> Any:
    """What the functions of ``alembic.op`` talk to while a revision is run.

    Raises:
        NameError: none is run; Alembic's words for it.
    """
    proxy = vars(op).get("_proxy")
    if proxy is None:
        op.get_context()  # which says so
    return proxy


def is_taken(owner: type[Any], name: str) -> bool:
    """Whether another package has registered a directive of that name."""
    return any(name in vars(each) for each in owner.__mro__)


def announce(names: frozenset[str], register: Callable[[], None]) -> None:
    """Let ``op.<name>`` call *register* first, for *names* not yet registered.

    Args:
        names: of the directives.
        register: registers them all; from then on they are found without us.
    """
    if "__getattr__" in vars(AbstractOperations):
        return

    def of_instance(self: AbstractOperations, name: str) -> Any:
        if name not in names:
            raise AttributeError(_no_attribute(type(self).__name__, name))
        register()
        return object.__getattribute__(self, name)

    def of_module(name: str) -> Any:
        if name not in names:
            raise AttributeError(_no_attribute("module 'alembic.op'", name))
        register()
        return vars(op)[name]

    # PEP 562 for the module, its like for the class: asked only for what is missing.
    setattr(AbstractOperations, "__getattr__", of_instance)  # noqa: B010
    setattr(op, "__getattr__", of_module)  # noqa: B010


def _no_attribute(owner: str, name: str) -> str:
    return f"{owner} has no attribute {name!r}"


@contextmanager
def put_aside() -> Iterator[None]:
    """Put back afterwards what ``op`` and ``context`` talk to now.

    Alembic takes them away at the end of an inner context, and the outer one is left
    without any.
    """
    from alembic import context  # noqa: PLC0415  # not there yet when alembic loads us

    outer = [vars(module).get("_proxy") for module in (op, context)]
    try:
        yield
    finally:
        for proxy in outer:
            if proxy is not None:
                proxy._install_proxy()  # noqa: SLF001
