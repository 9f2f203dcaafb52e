"""``alembic-zdt fleet lint``: check the revisions that targets lack.

A revision is the same for all targets.  So each one is checked once, without a
database, if at least one target has not applied it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.config import Config

from alembic_zdt.commands.json_output import SCHEMA
from alembic_zdt.commands.lint.command import LintRun, Wanted
from alembic_zdt.commands.lint.linted import Linted
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.fleet.fleet_status import positions_of


@dataclass(frozen=True)
class FleetLinted:
    """The result of a lint of a fleet.

    Attributes:
        linted: the result for the revisions that a target lacks.
        not_asked: the targets whose revisions are unknown, with the reasons.
    """

    linted: Linted
    not_asked: Mapping[str, str]

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code, where a target that was not asked is a warning."""
        code = ExitCode.WARNING if self.not_asked else ExitCode.OK
        return max(self.linted.exit_code, code)

    def as_json(self) -> dict[str, Any]:
        """Return the result for ``--json``."""
        return {
            "command": "lint",
            "not_asked": [
                {"name": name, "reason": reason}
                for name, reason in self.not_asked.items()
            ],
            "output": {"schema": SCHEMA, **self.linted.as_json()},
        }


def lint_pending(
    config: Config, only: Sequence[str] = (), skip: Sequence[str] = ()
) -> FleetLinted:
    """Check the revisions that at least one target lacks.

    Args:
        config: Alembic's configuration.
        only: patterns of the targets; empty for all.
        skip: patterns of targets to leave out.

    Raises:
        UsageError: the list of targets cannot be read.
        CommandError: a revision cannot be read.
    """
    found = positions_of(config, only, skip)
    pending = frozenset(revision for each in found for revision in each.pending)
    linted = LintRun(config, Wanted(only=pending)).linted(None, None)
    return FleetLinted(linted, {each.name: each.error for each in found if each.error})
