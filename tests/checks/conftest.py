"""Linting revisions that a test writes."""

from __future__ import annotations

import pytest

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
