"""Each kind of change of the models: the files that are written, and what they do."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest

from tests.autogenerate.cases import CASES
from tests.autogenerate.conftest import COMPARED

GOLDEN = Path(__file__).parent / "golden"


def set_up(db, case):
    for statement in case.before:
        db.execute(statement)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.id, marks=[pytest.mark.pg(case.pg)] * bool(case.pg))
        for case in CASES
    ],
)
def test_golden_files_lead_where_stock_autogenerate_leads(db, project, generate, case):
    """All phases give the same catalog, and all of them back the one before.

    The golden files hold names, docstrings, phases and calls, up and down.
    """
    set_up(db, case)
    before = db.catalog()
    project.models(case.models)
    project.configure(**COMPARED)
    wanted = where_it_leads(db, project, case)
    set_up(db, case)

    written = generate(case.models)

    file = GOLDEN / f"{case.id}.txt"
    if os.environ.get("ZDT_UPDATE_GOLDEN"):
        file.write_text(written.text)
    assert file.read_text() == written.text
    assert tuple(written.bodies) == case.phases
    project.upgrade()
    assert db.catalog() == wanted
    project.run("check")
    project.downgrade()
    assert db.catalog() == before


def where_it_leads(db, project, case):
    """The catalog after what one would write instead; then there is nothing more."""
    if case.instead:
        for statement in case.instead:
            db.execute(statement)
    else:
        stock(project)
    wanted = db.catalog()
    for script in project.scripts():
        script.unlink()
    db.execute(f"DROP SCHEMA {db.schema} CASCADE; CREATE SCHEMA {db.schema}")
    return wanted


def stock(project):
    """Run what stock autogenerate writes."""
    with warnings.catch_warnings():
        # It cannot go back from a constraint without a name.
        warnings.filterwarnings("ignore", "Autogenerate rendered a drop_constraint")
        project.run("revision", "stock", autogenerate=True)
    project.upgrade()


def test_no_golden_file_is_left_over():
    known = {f"{case.id}.txt" for case in CASES}
    assert {path.name for path in GOLDEN.iterdir()} == known
