"""Nothing is overlooked, and nothing crashes, however a revision is written."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.lint import lint
from tests.checks.styles import STYLES


@pytest.mark.parametrize("style", STYLES.values(), ids=list(STYLES))
def test_style(project, style):
    project.revision("r1", style.body)

    done = lint(project.config())

    assert sorted(each.check for each in done.findings) == sorted(style.found)
    reasons = [each.reason for each in done.not_looked_at]
    assert bool(reasons) is bool(style.left_out), reasons
    assert style.left_out in " ".join(reasons)
