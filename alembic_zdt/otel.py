"""Traces of migrations in OpenTelemetry: a trace for each run, a span for each step.

https://opentelemetry.io/docs/languages/python/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from alembic_zdt.errors import UsageError
from alembic_zdt.events import (
    BackfillProgressed,
    Blocked,
    Event,
    GateClosed,
    LockWaited,
    RevisionApplied,
    RunFailed,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    Subscription,
    subscribe,
)

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer, TracerProvider

__all__ = ["trace_runs"]

_PREFIX = "alembic_zdt."
_SCOPE = "alembic_zdt"
_COMMON = frozenset({"run", "at"})
_POINTS = (BackfillProgressed, Blocked, GateClosed, LockWaited, RevisionApplied)


def trace_runs(tracer_provider: TracerProvider | None = None) -> Subscription:
    """Make a trace of each run from now on, with a span for each step.

    It needs the extra ``otel``.  A second call with the same provider changes nothing.

    Args:
        tracer_provider: the provider of the spans.  Default: the global one.

    Returns:
        The subscription; ``unsubscribe()`` ends the tracing.

    Raises:
        UsageError: OpenTelemetry is not installed.

    Example::

        from alembic_zdt import otel

        otel.trace_runs()
    """
    try:
        from opentelemetry import trace  # noqa: PLC0415  # of an extra
    except ImportError as error:
        raise UsageError(
            "cannot trace runs: OpenTelemetry is not installed",
            detail="The spans are made by opentelemetry-api.",
            hint="Install it: pip install 'alembic-zdt[otel]'.",
        ) from error
    provider = tracer_provider or trace.get_tracer_provider()
    return subscribe(_SpanWriter(provider.get_tracer(_SCOPE), provider))


class _SpanWriter:
    """A subscriber that begins and ends spans.

    Args:
        tracer: the tracer.
        provider: its provider, by which two writers are the same.
    """

    def __init__(self, tracer: Tracer, provider: TracerProvider) -> None:
        self._tracer, self._provider = tracer, provider
        self._open: dict[str, list[Span]] = {}  # of each run, the outermost first

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SpanWriter) and other._provider is self._provider

    def __hash__(self) -> int:
        return id(self._provider)

    def __call__(self, event: Event) -> None:
        """Begin or end the span of an event, or add the event to the open one."""
        match event:
            case RunStarted():
                self._begin(event, event.direction)
            case StepStarted():
                self._begin(event, event.step)
            case StepFinished():
                self._end(event, event.error)
            case RunFinished():
                self._end(event)
            case RunFailed():
                self._fail(event)
            case _ if isinstance(event, _POINTS):
                self._add(event)

    def _begin(self, event: Event, name: str) -> None:
        from opentelemetry import trace  # noqa: PLC0415  # of an extra

        spans = self._open.setdefault(event.run, [])
        context = trace.set_span_in_context(spans[-1]) if spans else None
        attributes = {"db.system.name": "postgresql", **_attributes(event)}
        span = self._tracer.start_span(
            name, context, attributes=attributes, start_time=_nanoseconds(event)
        )
        spans.append(span)

    def _end(self, event: Event, error: str = "") -> None:
        from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415  # as above

        spans = self._open.get(event.run)
        if not spans:  # the tracing has begun meanwhile
            return
        span = spans.pop()
        if not spans:
            del self._open[event.run]
        span.set_attributes(_attributes(event))
        if error:
            span.set_attribute("error.type", error)
            text = getattr(event, "message", "") or error
            span.set_status(Status(StatusCode.ERROR, text))
        span.end(_nanoseconds(event))

    def _fail(self, event: RunFailed) -> None:
        if event.run not in self._open:  # it has failed before the first revision
            self._begin(event, "run")
        self._end(event, event.error or "not finished")

    def _add(self, event: Event) -> None:
        for span in self._open.get(event.run, ())[-1:]:
            name = f"{_PREFIX}{type(event).__name__}"
            span.add_event(name, _attributes(event), _nanoseconds(event))


def _nanoseconds(event: Event) -> int:
    return int(event.at.timestamp() * 1_000_000) * 1000


def _attributes(event: Event) -> Mapping[str, Any]:
    return dict(_named(event))


def _named(event: Event) -> Iterator[tuple[str, Any]]:
    """Yield the fields as attributes, those with a name of OpenTelemetry under it."""
    for field in fields(event):
        value = getattr(event, field.name)
        if field.name in _COMMON or value is None or value == "":
            continue
        if field.name == "blockers":
            value = tuple(str(each.pid or "prepared") for each in value)
        yield _STANDARD.get(field.name, f"{_PREFIX}{field.name}"), value


_STANDARD = {
    "database": "db.namespace",
    "server": "server.address",
    "sql": "db.query.text",
}
