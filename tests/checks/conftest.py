"""Linting revisions that a test writes."""

from __future__ import annotations

import ast
import sys

import pytest

from alembic_zdt.checks.sql.parsing import advice
from alembic_zdt.commands.lint import lint


@pytest.fixture
def found(project):
    """The ids of what the checks find, in order."""

    def ask(*bodies, **options):
        for number, body in enumerate(bodies, 1):
            project.revision(f"r{number}", body)
        linted = lint(project.config(), **options)
        return [each.check for each in linted.findings]

    return ask


@pytest.fixture(autouse=True)
def parser():
    """PostgreSQL's grammar, of which Python 3.15 has no wheel yet."""
    if sys.version_info >= (3, 15):
        pytest.importorskip("postgast", reason=f"SQL cannot be read: {advice()}")


@pytest.fixture(autouse=True)
def saying_so(request, monkeypatch):
    """Revisions that a test gives no downgrade say that they have none.

    An example of both functions is taken apart.
    """
    if "project" not in request.fixturenames:
        return
    project = request.getfixturevalue("project")
    write = project.revision

    def revision(rev_id, upgrade="pass", downgrade=IRREVERSIBLE, **options):
        if upgrade.startswith("def upgrade():"):
            up, down = ast.parse(upgrade).body
            upgrade, downgrade = (
                "\n".join(ast.unparse(node) for node in each.body)
                for each in (up, down)
            )
        return write(rev_id, upgrade, downgrade, **options)

    monkeypatch.setattr(project, "revision", revision)


IRREVERSIBLE = 'op.irreversible("a test")'
