"""``--fail-on``: what a condition means, and when it cannot be decided."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.review.fail_conditions import conditions_in
from alembic_zdt.errors import UsageError

INDEX = 'op.create_index_concurrently("ix", "orders", ["id"])'
COLUMN = 'op.expand_add_column("orders", sa.Column("a", sa.Integer))'
PLAIN = 'op.add_column("orders", sa.Column("a", sa.Integer))'
TABLE = 'op.create_table("t", sa.Column("id", sa.Integer))'


def results(branch, body, *conditions):
    """The results of conditions about one revision, and the exit code."""
    branch.project.revision("r2", body, 'op.irreversible("it is a test")')
    found = branch.review(fail_on=", ".join(conditions))
    return [each.is_met for each in found.decisions], int(found.exit_code)


def test_conditions_are_read():
    severity, estimate, lock = conditions_in(
        "severity>=error,estimate > 10min, lock>200ms"
    )

    assert severity.exceeds(2)
    assert not severity.exceeds(1)
    assert estimate.exceeds(600.1)
    assert not estimate.exceeds(600)
    assert lock.text == "lock>200ms"
    assert lock.limit == 0.2


@pytest.mark.parametrize(
    ("written", "detail"),
    [
        ("", "A condition compares severity, estimate or lock."),
        ("severity>=error,", "A condition compares severity, estimate or lock."),
        ("severity=error", "A condition compares severity, estimate or lock."),
        ("severity>=fatal", "The severities are note, warning, error."),
        ("lock>200", '"200" must be a duration with its unit'),
        ("estimate>=soon", '"soon" must be a duration with its unit'),
        ("locks>1s", "A condition compares severity, estimate or lock."),
    ],
)
def test_condition_that_cannot_be_read(written, detail):
    with pytest.raises(UsageError) as caught:
        conditions_in(written)

    assert caught.value.primary.startswith("cannot read the condition")
    assert caught.value.detail.startswith(detail)


def test_severity(branch):
    """Each finding counts, also one about a part that was not looked at."""
    body = 'if op.get_bind() is None:\n    op.drop_table("a")'
    conditions = ("severity>=warning", "severity>warning", "severity>=error")

    assert results(branch, body, *conditions) == ([True, False, False], 2)


def test_lock_of_a_directive_is_bounded(branch):
    """By ``lock_timeout``: 200 ms by default."""
    found = results(branch, COLUMN, "lock>200ms", "lock>=200ms", "lock>50ms")

    assert found == ([False, True, True], 2)


def test_bound_is_the_setting(branch):
    branch.project.settings(lock_timeout="1s")

    assert results(branch, COLUMN, "lock>200ms", "lock>1s") == ([True, False], 2)


@pytest.mark.parametrize("body", [PLAIN, 'op.execute("VACUUM")'])
def test_lock_without_a_bound_is_unknown(branch, body):
    """Alembic's own operations wait for as long as they have to."""
    assert results(branch, body, "lock>1h", "severity>=error") == ([None, False], 1)


def test_lock_on_a_new_table_blocks_no_session(branch):
    index = 'op.create_index("ix", "t", ["id"])'

    found = results(branch, f"{TABLE}\n{index}", "lock>1ms", "estimate>1ms")

    assert found == ([False, False], 0)


def test_estimate_without_facts_is_unknown(branch):
    """Except that of a change which takes a moment."""
    assert results(branch, INDEX, "estimate>10min", "lock>200ms") == ([None, False], 1)


def test_estimate_of_a_moment(branch):
    assert results(branch, COLUMN, "estimate>1s") == ([False], 0)


def test_only_the_conditions_decide(branch):
    """A finding below them is not in the exit code."""
    body = 'op.drop_table("orders")'

    assert results(branch, body, "severity>error") == ([False], 0)


def test_causes_are_named_and_few(branch):
    calls = [COLUMN.replace('"a"', f'"a{n}"') for n in range(9)]
    branch.project.revision("r2", "\n".join(calls))

    (found,) = branch.review(fail_on="lock>1ms").decisions

    assert found.causes[0].startswith("r2: add column")
    assert found.causes[-1] == "and 4 more"
