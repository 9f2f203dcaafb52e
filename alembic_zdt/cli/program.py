"""How ``alembic-zdt`` runs a command and reports its error."""

from __future__ import annotations

from argparse import Namespace

from alembic.config import CommandLine, Config
from alembic.util import CommandError

from alembic_zdt import compat_messages
from alembic_zdt.env.url_sources import naming_a_placeholder
from alembic_zdt.runner.refusals import refusing_clearly


class Program(CommandLine):
    """Alembic's command line, which shows an error once."""

    def run_cmd(self, config: Config, options: Namespace) -> None:
        """Run a command; exit with 255 on an error, or raise it with ``--raiseerr``."""
        raises, options.raiseerr = options.raiseerr, True
        try:
            with naming_a_placeholder(config), refusing_clearly():
                super().run_cmd(config, options)
        except CommandError as error:
            if raises:
                raise
            compat_messages.fail(str(error), **config.messaging_opts)
