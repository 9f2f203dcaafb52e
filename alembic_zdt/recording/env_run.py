"""A run of env.py as for ``--sql`` that writes nothing.

Each revision is passed to a stage, which runs it and records its calls.
https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import contexts, interception
from alembic_zdt.env import offline_files
from alembic_zdt.runner.run_state import run_state


class Stage(Protocol):
    """A place where the revisions of env.py run, which records what they call."""

    def begin(self, context: MigrationContext) -> None:
        """Begin the revisions of a context that env.py made."""

    def run(self, step: Any, function: functools.partial[Any]) -> None:
        """Run a revision.

        Args:
            step: Alembic's step.
            function: the function of the revision, with the arguments that env.py gave.
        """


def run_revisions(
    config: Config,
    script: ScriptDirectory,
    start: Any,
    end: str,
    stage: Stage,
    *,
    downgrade: bool,
    others: Sequence[Any] = (),
    read: Callable[[], object] = lambda: None,
    run_env: Callable[[EnvironmentContext], object] | None = None,
) -> None:
    """Run the revisions from *start* to *end* on a stage, for each context of env.py.

    Args:
        config: Alembic's configuration.
        script: the revisions.
        start: a revision, several, ``base`` or ``heads``.
        end: a revision, which may be relative, or ``heads``.
        stage: the stage that runs them.
        downgrade: run the downgrades instead.
        others: the start revisions in the other databases of env.py.
        read: a function that is called before the revisions are read.
        run_env: a function that is called instead of env.py.

    Raises:
        CommandError: a revision does not exist.
    """
    starts = iter(others)

    def steps(heads: Any, context: MigrationContext) -> Iterator[Any]:
        contexts.remove_version_callbacks(context)
        run_state(context).is_recorded = True
        read()
        stage.begin(context)
        options: Any = environment.context_opts
        options["starting_rev"] = next(starts, options["starting_rev"])
        for step in contexts.steps_between(script, heads, end, downgrade=downgrade):
            interception.run_within(step, functools.partial(stage.run, step))
            yield step

    environment = EnvironmentContext(
        config,
        script,
        fn=steps,
        as_sql=True,
        starting_rev=_HeadsOfEnv(script, read) if start == "heads" else start,
        destination_rev=end,
        output_buffer=io.StringIO(),
    )
    with environment, contexts.statements_to(lambda _text: None):
        if run_env is None:
            offline_files.run_env(script)
        else:
            run_env(environment)


class _HeadsOfEnv:
    """The heads of the revisions, read late because env.py may set other folders."""

    def __init__(self, script: ScriptDirectory, read: Callable[[], object]) -> None:
        self._script, self._read = script, read

    def __iter__(self) -> Iterator[str]:
        self._read()
        return iter(self._script.get_heads())
