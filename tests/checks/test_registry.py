"""Checks that other packages bring, by an entry point."""

from __future__ import annotations

import textwrap

import pytest

from alembic_zdt.checks.registry import all_checks
from alembic_zdt.commands.lint import lint
from alembic_zdt.errors import UnsafeOperationError, UsageError

CHECK = """\
from dataclasses import replace

from alembic.operations import ops
from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import table_of
from alembic_zdt.findings import Severity


def _look(call, around):
    for op in call.acts:
        if isinstance(op, ops.CreateTableOp) and not op.table_name.islower():
            yield Problem(f"the table {op.table_name} is not in lower case")


NAMING = Check(
    id="our-naming", severity=Severity.ERROR, reason="We agreed on it.", look=_look,
    setup="", bad="", good="",
)


def _look_harder(call, around):
    for problem in _look(call, around):
        yield replace(problem, severity=Severity.ERROR)


NOTED = Check(
    id="our-note", severity=Severity.NOTE, reason="We agreed on it.",
    look=_look_harder, setup="", bad="", good="",
)
TAKEN = Check(
    id="drop-table", severity=Severity.ERROR, reason="", look=_look, setup="", bad="",
    good="",
)
NOT_ONE = "a text"
"""
TABLE = 'op.create_table("Users", sa.Column("id", sa.Integer()))'


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package whose entry point leads to that name."""

    def install(target):
        site = tmp_path / "site"
        info = site / "ourpackage-1.0.dist-info"
        info.mkdir(parents=True)
        (site / "ourpackage.py").write_text(CHECK)
        (info / "METADATA").write_text("Name: ourpackage\nVersion: 1.0\n")
        points = f"""\
            [alembic_zdt.checks]
            naming = ourpackage:{target}
        """
        (info / "entry_points.txt").write_text(textwrap.dedent(points))
        monkeypatch.syspath_prepend(site)
        all_checks.cache_clear()

    yield install
    monkeypatch.undo()
    all_checks.cache_clear()


@pytest.mark.parametrize(
    ("target", "check"), [("NAMING", "our-naming"), ("NOTED", "our-note")]
)
def test_it_is_found_in_lint_and_by_the_guard(db, project, package, target, check):
    """A problem may be worse than its check says."""
    package(target)
    db.execute("CREATE TABLE other AS SELECT generate_series(1, 50) n")
    db.execute("ANALYZE other")
    project.settings(small_table_rows="10")
    project.revision("r1", TABLE)

    assert [each.check for each in lint(project.config()).findings] == [check]
    with pytest.raises(UnsafeOperationError, match=check):
        project.upgrade()
    assert not db.exists("Users")


def test_its_mode_can_be_set(db, project, package):
    package("NAMING")
    project.settings(check_modes="our-naming=off")
    project.revision("r1", TABLE)

    project.upgrade()

    assert lint(project.config()).findings == ()


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("TAKEN", 'There is a check "drop-table" already.'),
        ("NOT_ONE", "The object is a str, not a Check."),
        ("MISSING", "AttributeError: "),
    ],
)
def test_entry_point_that_leads_nowhere(project, package, target, why):
    package(target)
    project.revision("r1", TABLE)

    with pytest.raises(UsageError) as caught:
        lint(project.config())

    assert caught.value.primary == 'the check "naming" of ourpackage cannot be used'
    assert caught.value.detail.startswith(why)
