"""A dry run of revisions, which plans their steps instead of running them.

It runs the revisions as for ``--sql``.  It asks the directives for their steps.
Alembic runs the other operations, and their statements are kept, as are those of
``op.get_bind()``.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.phases import phase_of
from alembic_zdt.recording.call import AUTOCOMMIT
from alembic_zdt.recording.env_run import run_revisions
from alembic_zdt.recording.environment import (
    nothing_ran,
    quiet,
    without_a_database,
)
from alembic_zdt.recording.planned_calls import operations_of
from alembic_zdt.recording.planned_steps import PlannedRevision
from alembic_zdt.recording.recorder import Recorder
from alembic_zdt.recording.revision_errors import naming

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_IN_TRANSACTION = 1


def planned(
    config: Config,
    script: ScriptDirectory,
    start: Any,
    end: str,
    *,
    downgrade: bool,
    others: Sequence[Any] = (),
) -> list[PlannedRevision]:
    """Return the revisions from *start* to *end*, with their calls and steps.

    Args:
        config: Alembic's configuration.
        script: the revisions.
        start: a revision, several, ``base`` or ``heads``.
        end: a revision, which may be relative, or ``heads``.
        downgrade: run the downgrades instead.
        others: the start revisions in the other databases of env.py.

    Raises:
        CommandError: a revision does not exist, or cannot be run without a database.
    """
    stage = _Script()
    with quiet(config), without_a_database():
        run_revisions(
            config, script, start, end, stage, downgrade=downgrade, others=others
        )
    if stage.context is None:
        raise nothing_ran()
    if not stage.place:
        for revision in stage.revisions:
            revision.database = ""
    return stage.revisions


class _Script:
    """A stage on which revisions run as for ``--sql``, and write nothing.

    Attributes:
        revisions: the revisions that have run to their end.
        context: Alembic's migration context, None until env.py ran the migrations.
        place: the number of the database among those of env.py, from 0.
    """

    def __init__(self) -> None:
        self.revisions: list[PlannedRevision] = []
        self.context: MigrationContext | None = None
        self.place = -1

    def begin(self, context: MigrationContext) -> None:
        """Begin the next database."""
        self.context = context
        self.place += 1

    def run(self, step: Any, function: functools.partial[Any]) -> None:
        """Run a revision, and plan the steps of its calls."""
        context: Any = self.context
        recorder = Recorder(step.revision, context, self._transaction)
        with naming(step.revision, step.name):
            with recorder.listening(), contexts.statements_to(recorder.statement):
                function()
            operations = operations_of(recorder.revision, context)
        found = _without_operations(step.revision)
        found.operations = operations
        found.place = self.place
        found.database = str(next(iter(function.keywords.values()), self.place + 1))
        self.revisions.append(found)

    def _transaction(self) -> int:
        context: Any = self.context
        inside = contexts.writes_in_transaction(context)
        return _IN_TRANSACTION if inside else AUTOCOMMIT


def _without_operations(revision: Any) -> PlannedRevision:
    down = revision.down_revision or "base"
    words = down if isinstance(down, str) else ", ".join(down)
    found = PlannedRevision(revision.revision, words, revision.doc)
    found.phase = phase_of(revision)
    return found
