"""A run of all revisions without a database, set up by env.py.

env.py may name folders of revisions and set options, so no revision is read before it
has run.  An env.py that needs a database is left out, and lint reports that.

https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from alembic_zdt.alembic_compat import runs
from alembic_zdt.commands.lint.loading import naming_what_is_missing, read_all
from alembic_zdt.env.flask_application import missing_application
from alembic_zdt.recording.broken_files import BrokenFiles
from alembic_zdt.recording.env_run import run_revisions
from alembic_zdt.recording.environment import nothing_ran, quiet
from alembic_zdt.recording.limits import Limits, without_waits
from alembic_zdt.recording.without_server import WithoutServer


class OfflineRun:
    """A run that records all revisions, from base to the heads or back.

    Args:
        config: Alembic's configuration.
        downgrade: run the downgrades.
        end: the revision at which upgrades end.

    Attributes:
        script: the revisions, in the folders that env.py names.
        failure: the reason why env.py was left out, empty if it ran.
        broken: the files that cannot be imported.
    """

    def __init__(self, config: Config, end: str, *, downgrade: bool) -> None:
        self.script = ScriptDirectory.from_config(config)
        self.failure = ""
        self._config, self._downgrade = config, downgrade
        self._ends = ("heads", "base") if downgrade else ("base", end)
        self._has_begun = False
        self._limits = Limits()
        self.broken = BrokenFiles(self._limits.run)

    @property
    def env_file(self) -> str:
        """Return the path of env.py."""
        return str(Path(self.script.dir, "env.py"))

    def recorded(self) -> WithoutServer:
        """Record all revisions, and return the stage with their records.

        Raises:
            CommandError: a revision cannot be read, or env.py ran no migrations.
        """
        with (
            runs.dialect_without_url(),
            quiet(self._config),
            without_waits(),
            self.broken.kept(),
        ):
            found = self._over_env()
        if not found.contexts:
            raise nothing_ran()
        return found

    def _over_env(self) -> WithoutServer:
        try:
            with naming_what_is_missing():
                return self._run()
        except (CommandError, KeyboardInterrupt):
            raise
        except BaseException as error:  # such as SystemExit
            if self._has_begun:
                raise
            missing = missing_application(self._config, error)
            if missing is not None:
                raise missing from error
            self.failure = _words(error)
        return self._run(without_env=True)

    def _run(self, *, without_env: bool = False) -> WithoutServer:
        way = "downgrade" if self._downgrade else "upgrade"
        stage = WithoutServer(self.script, way, self._limits)
        run_revisions(
            *(self._config, self.script, *self._ends, stage),
            downgrade=self._downgrade,
            read=self._read,
            run_env=_configure if without_env else None,
        )
        return stage

    def _read(self) -> None:
        """Read all files, in the folders that env.py names."""
        self._has_begun = True
        read_all(self.script, self.broken.files)


def _configure(environment: EnvironmentContext) -> None:
    """Configure Alembic as the simplest env.py does."""
    environment.configure(dialect_name="postgresql", literal_binds=True)
    environment.run_migrations()


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split())[:200]
    return (
        f"it could not be run without a database ({type(error).__name__}: {text}), so "
        "its options and its folders of revisions were ignored"
    )
