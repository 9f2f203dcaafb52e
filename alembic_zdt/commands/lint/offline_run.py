"""A run of all revisions without a database, as env.py sets up Alembic.

env.py may name folders of revisions and set options, so no revision is read before it
has run.  An env.py that needs a database is left out, and lint reports that.

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
    """A run that records all revisions, from one end of the history to the other.

    Args:
        config: Alembic's.
        downgrade: run the downgrades.
        end: the revision at which upgrades end.

    Attributes:
        script: the revisions, in the folders that env.py names.
        failure: why env.py was left out, empty if it ran.
    """

    def __init__(self, config: Config, end: str, *, downgrade: bool) -> None:
        self.script = ScriptDirectory.from_config(config)
        self.failure = ""
        self._config, self._downgrade = config, downgrade
        self._ends = ("heads", "base") if downgrade else ("base", end)
        self._has_begun = False

    @property
    def env_file(self) -> str:
        """Return the path of env.py."""
        return str(Path(self.script.dir, "env.py"))

    def recorded(self) -> Recorded:
        """Record all revisions.

        Raises:
            CommandError: a revision cannot be read, or env.py ran no migrations.
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
        """Read all files, and return the server version from the settings."""
        self._has_begun = True
        read_all(self.script)
        return settings_of(context).target_version * 10000


def _configure(environment: EnvironmentContext) -> None:
    """Configure Alembic as the simplest env.py does."""
    environment.configure(dialect_name="postgresql", literal_binds=True)
    environment.run_migrations()


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    return (
        f"it could not be run without a database ({type(error).__name__}: {text}), so "
        "options and folders of revisions that it sets did not count"
    )
