"""``rehearse --fail-on``: what a condition means."""

from __future__ import annotations

import json

import pytest

from alembic_zdt.commands.rehearse_conditions import conditions_in
from alembic_zdt.errors import UsageError
from tests.support.output import valid


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        ("stall", 2),
        ("undeclared,error", 0),
        ("lock > 0ms", 2),
        ("answer>1h, lock>=1h", 0),
        ("answer>=0ms", 2),
    ],
)
def test_only_the_conditions_decide(project, creator, conditions, code):
    project.revision(
        "r1", 'op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))'
    )
    project.revision("r2", 'op.create_index("ix", "orders", ["id"])')

    found = project.cli(
        *("rehearse", "--on", creator.url, "--rows", "orders=50"),
        *("--fail-on", conditions, "--json", str(project.ini.with_name("f.json"))),
        module="alembic_zdt",
    )

    assert found.rc == code, found.output
    assert (" is met: r2: " in found.stdout) == bool(code)
    written = json.loads(project.ini.with_name("f.json").read_text())
    told = valid("rehearse", written)["conditions"]
    assert [each["condition"] for each in told] == [
        each.text for each in conditions_in(conditions)
    ]
    assert any(each["met"] for each in told) == bool(code)


def test_revision_that_fails_is_always_an_error(project, creator):
    project.revision("r1", "raise KeyError('missing')")

    given = ("rehearse", "--on", creator.url, "--fail-on", "stall")
    found = project.cli(*given, module="alembic_zdt")

    assert found.rc == 2


@pytest.mark.parametrize(
    "written", ["estimate>1s", "severity>=error", "stalls", "", "stall>1s"]
)
def test_condition_that_cannot_be_read(written):
    with pytest.raises(UsageError) as caught:
        conditions_in(written)

    assert caught.value.primary.startswith("cannot read the condition")
    assert caught.value.detail == (
        "A condition compares answer or lock, or is one of stall, undeclared, error."
    )
