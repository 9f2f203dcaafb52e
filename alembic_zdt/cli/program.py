"""The command line that runs a command and reports its error."""

from __future__ import annotations

from argparse import Namespace
from contextlib import nullcontext

from alembic.config import CommandLine, Config
from alembic.util import CommandError

from alembic_zdt.alembic_compat import error_output
from alembic_zdt.env.flask_application import within_application
from alembic_zdt.env.url_sources import naming_a_placeholder
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.runner.explanations import ends_explained
from alembic_zdt.runner.interruption import reported
from alembic_zdt.runner.refusals import refusing_clearly

_WITHOUT_ENV = {"compat", "explain", "init", "list_templates"}


class Program(CommandLine):
    """Alembic's command line, changed to show each error once."""

    def run_cmd(self, config: Config, options: Namespace) -> None:
        """Run a command, and exit with the code of its error or raise it."""
        with reported():
            self._run_cmd(config, options)

    def _run_cmd(self, config: Config, options: Namespace) -> None:
        raises, options.raiseerr = options.raiseerr, True
        needs_env = _needs_env(options)
        within = within_application(config) if needs_env else nullcontext(config)
        told = ends_explained("finish the command")
        try:
            with told, naming_a_placeholder(config), refusing_clearly(), within as used:
                super().run_cmd(used, options)
        except CommandError as error:
            if raises:
                raise
            code = getattr(error, "exit_code", ExitCode.FAILED)
            error_output.fail(str(error), exit_code=code, **config.messaging_opts)


def _needs_env(options: Namespace) -> bool:
    """Check whether a command reads env.py, which a check of SQL files does not."""
    targets = getattr(options, "targets", ())
    is_of_files = bool(targets) and all(each.endswith(".sql") for each in targets)
    return options.cmd[0].__name__ not in _WITHOUT_ENV and not is_of_files
