"""What Alembic keeps to itself while it runs migrations; see also ``compat``.

``alembic.runtime.migration`` cannot be imported while ``import alembic`` is under way,
where our plugin runs.  So the watching begins when the first run starts.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from alembic.ddl.impl import DefaultImpl
from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.errors import ZdtError

if TYPE_CHECKING:
    from alembic.runtime.migration import HeadMaintainer, MigrationContext

_HEADS = "_zdt_heads"


def watch_runs() -> None:
    """From the first run on, know what it believes, and keep our errors."""
    original = DefaultImpl.start_migrations
    if hasattr(original, "__wrapped__"):
        return

    @functools.wraps(original)
    def start_migrations(self: DefaultImpl) -> None:
        from alembic.runtime import migration  # noqa: PLC0415  # not there any earlier

        _wrap(migration.HeadMaintainer, "__init__", _remembering_heads)
        _wrap(migration.MigrationContext, "autocommit_block", _keeping_our_error)
        original(self)

    setattr(DefaultImpl, "start_migrations", start_migrations)  # noqa: B010


def _wrap(owner: type, name: str, wrapper: Callable[[Any], Any]) -> None:
    original = getattr(owner, name)
    if getattr(original, "__module__", "") != __name__:
        wrapped = functools.wraps(original)(wrapper(original))
        wrapped.__module__ = __name__
        setattr(owner, name, wrapped)


def _remembering_heads(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: HeadMaintainer, context: MigrationContext, heads: Any) -> None:
        original(self, context, heads)
        setattr(context, _HEADS, self)

    return init


def _keeping_our_error(
    original: Callable[[MigrationContext], AbstractContextManager[None]],
) -> Callable[[MigrationContext], AbstractContextManager[None]]:
    """After a lost connection Alembic's clean-up fails too; the first error counts."""

    @contextmanager
    def autocommit_block(self: MigrationContext) -> Iterator[None]:
        ours: ZdtError | None = None
        try:
            with original(self):
                try:
                    yield
                except ZdtError as error:
                    ours = error
                    raise
        except SQLAlchemyError:
            if ours is None:
                raise
            raise ours from ours.__cause__

    return autocommit_block


def applied_meanwhile(context: MigrationContext) -> tuple[str, ...] | None:
    """The revisions in the database, if another process has changed them."""
    maintainer = getattr(context, _HEADS, None)
    if maintainer is None:  # nobody was there to see
        return None
    believed, found = set(maintainer.heads), set(context.get_current_heads())
    # More than we believe: another branch, unless we believe there is nothing.
    if believed == found or (believed and believed < found):
        return None
    return tuple(sorted(found))
