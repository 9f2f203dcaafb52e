"""Operations that a revision can queue with ``mode="background"``."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self, TypeVar

from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.queueing.later import Later, later_of
from alembic_zdt.queueing.queue_step import queueing_step
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Step

Op = TypeVar("Op", bound="type[QueueableOperation]")


class QueueableOperation(ZdtOperation):
    """An operation that can be queued.

    Args:
        mode: ``"inline"`` runs it in the revision; ``"background"`` leaves it to
            ``alembic-zdt work``.
        window: with ``mode="background"``, begin only at these hours, for example
            ``"22:00-05:00 Europe/Berlin"``.
        approve: with ``mode="background"``, wait for ``alembic-zdt queue approve``.
    """

    queue_verb: ClassVar[str]
    later: Later | None = None

    def by_mode(self, mode: str, window: str | None, approve: bool) -> Self:
        """Return the operation, which is only queued if the mode asks for that.

        Raises:
            UsageError: a value cannot be read, or it has no effect.
        """
        self.later = later_of(self.directive, mode, window, approve)
        return self

    @property
    def queue_name(self) -> str:
        """Return the name of the call in the queue."""
        return f"{self.queue_verb}:{self.queue_object}"

    @property
    def inline_call(self) -> str:
        """Return the call without the options of the queue."""
        return written_call(self.directive, *self.inline().arguments())

    def inline(self) -> Self:
        """Return the operation that runs its steps."""
        found = copy.copy(self)
        found.later = None
        return found

    def at_once(self) -> Self:
        """Return the operation that does all of the work in the revision."""
        return self.inline()


def queueable(verb: str) -> Callable[[Op], Op]:
    """Let an operation that is queued have the step of the queue, as a decorator.

    Args:
        verb: the first part of its name in the queue.
    """

    def decorated(cls: Op) -> Op:
        cls.queue_verb = verb
        setattr(cls, "steps", _steps(cls.steps))  # noqa: B010  # mypy: a method
        setattr(cls, "arguments", _arguments(cls.arguments))  # noqa: B010  # as above
        setattr(cls, "subject", _subject(cls))  # noqa: B010  # as above
        return cls

    return decorated


def _steps(own: Callable[..., Sequence[Step]]) -> Callable[..., Sequence[Step]]:
    @functools.wraps(own)
    def steps(self: QueueableOperation, server: Server) -> Sequence[Step]:
        return own(self, server) if self.later is None else (queueing_step(self),)

    return steps


Arguments = tuple[Sequence[Any], dict[str, Any]]


def _arguments(own: Callable[..., Arguments]) -> Callable[..., Arguments]:
    @functools.wraps(own)
    def arguments(self: QueueableOperation) -> Arguments:
        positional, named = own(self)
        return positional, named | (self.later.arguments() if self.later else {})

    return arguments


def _subject(cls: type[QueueableOperation]) -> property:
    own: Any = cls.subject

    def subject(self: QueueableOperation) -> str:
        """Return the object that only one migration at a time may work on."""
        found = str(own.fget(self))
        # Who only queues does not wait for a migration that works on the table.
        return found if self.later is None else f"the queue of {found}"

    return property(subject)
