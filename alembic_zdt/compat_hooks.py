"""Hooks in Alembic whose own failure turns off one feature and nothing else."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.compat_patches import NEWEST, turn_off, version, warn
from alembic_zdt.errors import UnsupportedAlembicError, ZdtError

_Hook = TypeVar("_Hook", bound=Callable[..., Any])
_broken: set[str] = set()


def harmless(feature: str) -> Callable[[_Hook], _Hook]:
    """Decorate a hook so that its failure turns off *feature* and nothing else.

    What it refuses, and what the server refuses, is raised.

    Args:
        feature: that the hook is for.
    """

    def decorate(hook: _Hook) -> _Hook:
        @functools.wraps(hook)
        def called(*args: Any, **kw: Any) -> Any:
            if feature in _broken:
                return None
            try:
                return hook(*args, **kw)
            except Exception as error:  # noqa: BLE001  # it is not Alembic's
                _forgive(feature, error)

        return called  # type: ignore[return-value]

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
    """Return what *look* returns; if it fails by itself, let Alembic go on.

    Args:
        feature: that is off then.
        look: called with a function that lets Alembic go on.
        go_on: lets Alembic go on.
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
