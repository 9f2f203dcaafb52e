"""Running all revisions as env.py sets Alembic up, without a database.

env.py may name folders of revisions and set options, so nothing is read before it has
run.  One that needs a database is left out, and lint reports what it did not read.

https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from alembic_zdt.alembic_compat import runs
from alembic_zdt.commands.lint.loading import naming_what_is_missing, read_all
from alembic_zdt.env.flask_application import missing_application
from alembic_zdt.recording.environment import nothing_ran, quiet
from alembic_zdt.recording.recorder import Recorded, recorded
from alembic_zdt.runner.configuration import settings_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


class OfflineRun:
    """Record what all revisions do, from one end of the history to the other.

    Args:
        config: Alembic's.
        downgrade: run the downgrades.
        end: where upgrades end.

    Attributes:
        script: the revisions, in the folders that env.py names.
        failure: why env.py did not count, empty if it did.
    """

    def __init__(self, config: Config, end: str, *, downgrade: bool) -> None:
        self.script = ScriptDirectory.from_config(config)
        self.failure = ""
        self._config, self._downgrade = config, downgrade
        self._ends = ("heads", "base") if downgrade else ("base", end)
        self._has_begun = False

    @property
    def env_file(self) -> str:
        """The path of env.py."""
        return str(Path(self.script.dir, "env.py"))

    def recorded(self) -> Recorded:
        """Run them.

        Raises:
            CommandError: a revision cannot be read, or env.py ran none.
        """
        with runs.dialect_without_url(), quiet(self._config):
            found = self._over_env()
        if found is None:
            raise nothing_ran()
        return found

    def _over_env(self) -> Recorded | None:
        try:
            with naming_what_is_missing():
                return self._run()
        except CommandError:
            raise
        except Exception as error:
            if self._has_begun:
                raise
            missing = missing_application(self._config, error)
            if missing is not None:
                raise missing from error
            self.failure = _words(error)
        return self._run(without_env=True)

    def _run(self, *, without_env: bool = False) -> Recorded | None:
        return recorded(
            self._config,
            self.script,
            *self._ends,
            self._begin,
            downgrade=self._downgrade,
            run_env=_configure if without_env else None,
        )

    def _begin(self, context: MigrationContext) -> int:
        """Read all files; return the version of the server as settings name it."""
        self._has_begun = True
        read_all(self.script)
        return settings_of(context).target_version * 10000


def _configure(environment: EnvironmentContext) -> None:
    """Do what the simplest env.py does."""
    environment.configure(dialect_name="postgresql", literal_binds=True)
    environment.run_migrations()


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    return (
        f"it could not be run without a database ({type(error).__name__}: {text}), so "
        "options and folders of revisions that it sets did not count"
    )
