"""The text of every script, kept in golden/ to be read in reviews.

``ZDT_UPDATE_GOLDEN=1 python -m pytest tests/runner/script/test_golden.py`` writes it
anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.operations.cases import CASES
from tests.runner.script.scripts import FLAVORS, directives_in, scripts_of

GOLDEN = Path(__file__).parent / "golden"
UPDATE = os.environ.get("ZDT_UPDATE_GOLDEN") == "1"
TARGETS = (14, 18)
every_case = pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.id) for case in CASES if case.offline]
)


def compare(path: Path, text: str) -> None:
    if UPDATE:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, (
        "the script has changed: read the difference, then run this test once with "
        "ZDT_UPDATE_GOLDEN=1"
    )


@pytest.mark.parametrize("flavor", FLAVORS)
@every_case
def test_script_is_the_golden_one(project, case, flavor):
    """Up and down, as they were reviewed."""
    up, down = (directives_in(text) for text in scripts_of(project, case, flavor))

    compare(GOLDEN / f"{case.id}.{flavor}.sql", f"{up}\n\n-- DOWN\n\n{down}\n")


@pytest.mark.parametrize("flavor", FLAVORS)
def test_not_null_for_18_is_the_golden_one(project, flavor):
    """With target_version=18 it is a NOT VALID NOT NULL constraint."""
    project.revision("r1", 'op.add_not_null_two_phase("users", "email")')
    script = project.sql(flavor=flavor, x=["zdt.target_version=18"])

    compare(GOLDEN / f"not-null-on-18.{flavor}.sql", directives_in(script) + "\n")


def test_no_golden_file_is_left_over():
    """Each belongs to a case that there still is."""
    names = [case.id for case in CASES if case.offline] + ["not-null-on-18"]
    wanted = {f"{name}.{flavor}.sql" for name in names for flavor in FLAVORS}

    assert {path.name for path in GOLDEN.iterdir()} == wanted
