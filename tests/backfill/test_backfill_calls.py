"""What is kept of the calls of a revision besides its directives."""

from __future__ import annotations

import pytest
from alembic.script import ScriptDirectory

from alembic_zdt.backfill.revision_calls import RevisionCalls, _WithOthers
from alembic_zdt.errors import UsageError


def test_other_operations_count_once_where_something_was_written():
    others = _WithOthers()
    others.note_others()
    assert others.found == []

    others.output.write("CREATE TABLE t ()")
    others.note_others()
    others.note_others()

    assert others.found == [None]


def test_wrong_argument_is_reported_where_the_call_is_run(project):
    """Only an unknown option is reported before the first call of its revision."""
    project.revision("r1", "op.backfill('users', {})")
    project.revision("r2", "op.backfill('users', {'a': '1'}, only='a IS NULL')")
    script = ScriptDirectory.from_config(project.config())
    calls = RevisionCalls(project.config(), script)

    assert calls.of_function(script.get_revision("r1"), "upgrade") is None
    with pytest.raises(UsageError, match="only"):
        calls.of_function(script.get_revision("r2"), "upgrade")
