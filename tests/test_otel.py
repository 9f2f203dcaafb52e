"""A run is a trace, and each of its steps a span."""

from __future__ import annotations

import asyncio
import sys

import pytest
import sqlalchemy as sa
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from alembic_zdt import events, otel
from alembic_zdt.errors import LockNotAvailableError, StatementFailedError, UsageError
from tests.support.background import upgrading
from tests.support.waiting import wait_until

ENV_RUN = "from alembic_zdt import env\n\nenv.run(target_metadata=None)\n"
HOLD = "SELECT count(*) FROM users"
FILL = 'op.backfill("users", {"low": "lower(email)"})'


@pytest.fixture
def provider():
    return TracerProvider(shutdown_on_exit=False)


@pytest.fixture
def exporter(provider):
    found = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(found))
    with otel.trace_runs(provider):
        yield found


@pytest.fixture
def users(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, low text)")
    db.execute("INSERT INTO users SELECT n, 'A' || n FROM generate_series(1, 30) n")
    project.revision("r1", 'op.drop_not_null("users", "email")')


def test_steps_are_spans_of_the_trace_of_their_run(db, project, users, exporter):
    project.revision("r2", FILL)

    project.upgrade()

    dropped, filled, run = exporter.get_finished_spans()
    assert run.name == "upgrade"
    assert run.parent is None
    assert run.attributes["db.system.name"] == "postgresql"
    assert run.attributes["db.namespace"] == sa.make_url(db.url("psycopg")).database
    assert run.attributes["alembic_zdt.revisions"] == ("r1", "r2")
    assert run.status.status_code is StatusCode.UNSET
    for span in (dropped, filled):
        assert span.parent.span_id == run.context.span_id
        assert span.context.trace_id == run.context.trace_id
        assert span.attributes["alembic_zdt.table"] == "users"
        assert run.start_time <= span.start_time <= span.end_time <= run.end_time
    assert dropped.attributes["alembic_zdt.lock"] == "ACCESS EXCLUSIVE"
    assert dropped.attributes["alembic_zdt.revision"] == "r1"
    assert dropped.attributes["db.query.text"].startswith("ALTER TABLE users")
    assert dropped.attributes["alembic_zdt.waited"] >= 0
    assert "alembic_zdt.rows" not in dropped.attributes
    assert filled.attributes["alembic_zdt.rows"] == 30
    applied = [e for e in run.events if e.name == "alembic_zdt.RevisionApplied"]
    assert [e.attributes["alembic_zdt.revision"] for e in applied] == ["r1", "r2"]


def test_wait_for_a_lock_is_in_the_span(db, project, users, exporter):
    project.settings(progress_interval="50ms", show_queries="false")

    told = []

    with (
        events.subscribe(told.append),
        upgrading(project) as upgrade,
        db.holding(HOLD) as other,
    ):
        pid = other.pid
        upgrade.begin()
        wait_until(lambda: times_blocked(told) > 2, "it waits")
    assert upgrade.error is None

    step, _run = exporter.get_finished_spans()
    assert step.attributes["alembic_zdt.waited"] > 0.1
    assert "db.query.text" not in step.attributes
    blocked = next(e for e in step.events if e.name == "alembic_zdt.Blocked")
    assert blocked.attributes["alembic_zdt.blockers"] == (str(pid),)
    waited = next(e for e in step.events if e.name == "alembic_zdt.LockWaited")
    assert (
        waited.attributes["alembic_zdt.waited"]
        == (step.attributes["alembic_zdt.waited"])
    )


def test_run_within_an_event_loop_is_a_child_of_the_open_span(
    db, project, users, provider, exporter
):
    """env.py has another thread for it; the program's own variables are there, too."""
    project.write(project.env, ENV_RUN)
    ini = project.ini.read_text().replace(db.url("psycopg"), db.url("asyncpg"))
    project.write(project.ini, ini)

    async def deploy():
        with provider.get_tracer("shop").start_as_current_span("deploy"):
            project.upgrade()

    asyncio.run(deploy())

    _, run, outer = exporter.get_finished_spans()
    assert (run.name, outer.name) == ("upgrade", "deploy")
    assert run.parent.span_id == outer.context.span_id


def times_blocked(told):
    return sum(isinstance(event, events.Blocked) for event in told)


def test_failure_is_the_status_of_step_and_run(db, project, users, exporter):
    with db.holding(HOLD):
        with pytest.raises(LockNotAvailableError) as caught:
            project.upgrade(x=["zdt.lock_deadline=300ms"])

    step, run = exporter.get_finished_spans()
    assert step.status.status_code is run.status.status_code is StatusCode.ERROR
    assert step.attributes["error.type"] == "LockNotAvailableError"
    assert run.status.description == caught.value.primary
    assert run.attributes["alembic_zdt.hint"] == caught.value.hint


def test_step_that_cleans_up_is_a_span_within_the_failed_one(project, exporter, users):
    index = 'op.create_index_concurrently("ix", "users", [sa.text("(1 / (id - 5))")])'
    project.revision("r2", index)

    with pytest.raises(StatementFailedError):
        project.upgrade()

    _, cleaned, failed, run = exporter.get_finished_spans()
    assert cleaned.parent.span_id == failed.context.span_id
    assert failed.parent.span_id == run.context.span_id
    assert cleaned.status.status_code is StatusCode.UNSET
    assert failed.attributes["error.type"] == "StatementFailedError"
    assert run.attributes["alembic_zdt.step"] == failed.name != cleaned.name


def test_failure_before_the_first_revision_is_a_trace(db, project, users, exporter):
    url = "postgresql+psycopg://me:topsecret@127.0.0.1:1/none"
    text = project.ini.read_text().replace(db.url("psycopg"), url)
    project.write(project.ini, text)

    with pytest.raises(Exception, match="connection"):
        project.upgrade()

    (run,) = exporter.get_finished_spans()
    assert run.status.status_code is StatusCode.ERROR
    assert "topsecret" not in run.to_json()


def test_second_call_traces_nothing_twice(project, users, provider, exporter):
    otel.trace_runs(provider)

    project.upgrade()

    assert len(exporter.get_finished_spans()) == 2


def test_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    with pytest.raises(UsageError) as caught:
        otel.trace_runs()

    assert "alembic-zdt[otel]" in caught.value.hint
