"""Hooks in Alembic whose own failure turns off one feature and nothing else."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.alembic_compat.patches import NEWEST, turn_off, version, warn
from alembic_zdt.errors import UnsupportedAlembicError, ZdtError

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")
_broken: set[str] = set()


class LeaveOutError(Exception):
    """A hook's signal to skip the next revision."""


def harmless(
    feature: str,
) -> Callable[[Callable[_Given, _Found]], Callable[_Given, _Found | None]]:
    """Decorate a hook so that its failure turns off *feature* and nothing else.

    A failed hook returns None.  Errors of this package and of the server are raised.

    Args:
        feature: the feature that the hook is for.
    """

    def decorate(hook: Callable[_Given, _Found]) -> Callable[_Given, _Found | None]:
        @functools.wraps(hook)
        def called(*args: _Given.args, **kw: _Given.kwargs) -> _Found | None:
            if feature in _broken:
                return None
            try:
                return hook(*args, **kw)
            except Exception as error:  # noqa: BLE001  # it is not Alembic's
                _forgive(feature, error)
            return None

        return called

    return decorate


def _forgive(feature: str, error: Exception) -> None:
    if isinstance(error, UnsupportedAlembicError):
        _broken.add(feature)
        turn_off(error)
        return
    if isinstance(error, ZdtError | SQLAlchemyError):
        raise error
    if feature not in _broken:
        _broken.add(feature)
        warn(
            f"an error in alembic-zdt with Alembic {version()} turned off {feature}: "
            f"{type(error).__name__}: {error}. Upgrade alembic-zdt, or run: "
            f"pip install alembic=={NEWEST}"
        )


def looking(
    feature: str, look: Callable[[Callable[[], Any]], Any], go_on: Callable[[], Any]
) -> Any:
    """Return the result of *look*, or let Alembic continue if *look* itself fails.

    Args:
        feature: the feature that a failure switches off.
        look: a function that is called with a function that lets Alembic continue.
        go_on: a function that lets Alembic continue.
    """
    done: list[Any] = []
    failed: list[BaseException] = []

    def once() -> Any:
        try:
            done.append(go_on())
        except BaseException as error:
            failed.append(error)
            raise
        return done[-1]

    if feature in _broken:
        return go_on()
    try:
        return look(once)
    except Exception as error:
        if failed:
            raise
        _forgive(feature, error)
    return done[-1] if done else go_on()
