"""Findings of lint that a trace confirms or cancels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alembic_zdt.checks.revision_finding import Evidence, RevisionFinding
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode
from alembic_zdt.rehearsal.traced_findings import traced_findings
from alembic_zdt.tracing.stalls import Stall
from tests.rehearsal.report.outcomes import TABLE, answer, lock, revision, statement


def finding(check, name=TABLE.label, of="ae10"):
    return RevisionFinding(
        Severity.ERROR,
        "it waits",
        check=check,
        object=name,
        reason="",
        revision=of,
        file="ae10.py",
        line=1,
    )


def stalled(**values):
    build = statement()
    return revision([build], stalls=[Stall(build, lock(), read=TABLE)], **values)


def judged(check, *outcomes, **values):
    """Return the evidence of a finding, None if it is cancelled."""
    found = traced_findings([finding(check, **values)], outcomes)
    assert len(found.findings) + len(found.cancelled) == 1
    return found.findings[0].evidence if found.findings else None


@pytest.mark.parametrize("name", [TABLE.name, TABLE.label])
def test_stall_on_the_table_confirms(name):
    assert judged("create-index", stalled(), name=name) is Evidence.TRACED


def test_scan_that_nobody_waits_for_cancels():
    assert judged("create-index", revision([statement()])) is None
    assert judged("set-not-null", revision()) is None


@pytest.mark.parametrize(
    ("check", "ran", "values"),
    [
        ("create-index", revision(), {"name": "empty"}),
        ("create-index", revision(error="it failed"), {}),
        ("create-index", revision(tables=set()), {}),
        ("drop-index", revision(), {}),
        ("drop-column", revision(), {}),
        ("empty-downgrade", revision(), {}),
        ("of-somebody-else", stalled(), {}),
    ],
    ids=[
        "no rows",
        "failed",
        "no table",
        "a lock alone",
        "no error",
        "no claim",
        "no such check",
    ],
)
def test_what_a_trace_cannot_tell_is_assumed(check, ran, values):
    assert judged(check, ran, **values) is Evidence.ASSUMED


def test_another_stall_cancels_nothing():
    """It may be on a partition of the table."""
    other = lock(LockMode.SHARE, TABLE.sibling("part"))
    build = statement(locks=[other])
    ran = revision([build], stalls=[Stall(build, other)])

    assert judged("create-index", ran) is Evidence.ASSUMED


def test_error_of_the_application_confirms_what_breaks_code():
    """If its statement names the table."""
    failed = answer(0.1, 0.01, "column does not exist")
    ran = revision([], [replace(failed, statement=f"read {TABLE.sql}")])

    assert judged("drop-column", ran) is Evidence.TRACED
    other = revision([], [replace(failed, statement="read public.users")])
    assert judged("drop-column", other) is Evidence.ASSUMED


def test_stall_under_another_lock_is_that_of_another_statement():
    assert judged("drop-index", stalled()) is Evidence.ASSUMED


def test_revisions_that_did_not_run_are_left_out():
    found = traced_findings(
        [finding("create-index", of="ae20"), finding("create-index")],
        [revision(way="downgrade")],
    )

    assert (found.findings, found.cancelled) == ([], [])
