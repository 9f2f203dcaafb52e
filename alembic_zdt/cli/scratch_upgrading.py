"""The process in which ``alembic-zdt compat`` upgrades a scratch database."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from alembic_zdt import registration
from alembic_zdt.cli.program import Program
from alembic_zdt.commands.compat.scratch_upgrade import ScratchUpgrade


def main() -> None:
    """Run the upgrade that the file in the first argument describes."""
    registration.announce()
    upgrade = ScratchUpgrade.read(Path(sys.argv[1]))
    options = Namespace(cmd=(upgrade.run, [], []), raiseerr=False)
    Program(prog="alembic-zdt").run_cmd(upgrade.config, options)


if __name__ == "__main__":
    main()
