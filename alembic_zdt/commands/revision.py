"""``alembic-zdt revision``: Alembic's revision with phases, without a changed env.py.

https://alembic.sqlalchemy.org/en/latest/autogenerate.html
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError

from alembic_zdt.autogenerate.comparing.comparison_hooks import RENAMES
from alembic_zdt.autogenerate.found.prompt import OURS
from alembic_zdt.autogenerate.rewriter import after_env
from alembic_zdt.errors import UsageError
from alembic_zdt.phases import Phase, phase_of
from alembic_zdt.printable import printable
from alembic_zdt.runner.revision_ids import refuse_unusual


def revision(config: Config, renames: Sequence[str] = (), **options: Any) -> None:
    """Write a revision, or one for each phase of the found changes.

    Args:
        config: Alembic's configuration.
        renames: ``table.old:new`` and ``old_table:new_table``.
        options: options of ``alembic.command.revision``.

    Raises:
        CommandError: Alembic failed.
        UsageError: a rename is impossible, or lacks autogenerate; or the revision id
            is too long for Alembic's version table.
    """
    if renames and not options.get("autogenerate"):
        raise UsageError(
            "--rename without --autogenerate has no effect",
            detail="Renames are found by comparing models and database.",
            hint="Pass --autogenerate, too.",
        )
    if options.get("rev_id") and not options.get("autogenerate"):
        script = ScriptDirectory.from_config(config)
        refuse_unusual(script, str(options["rev_id"]))
    config.attributes[RENAMES] = tuple(renames)
    config.attributes[OURS] = True
    written = command.revision(config, process_revision_directives=after_env, **options)
    several = written if isinstance(written, list) else [written]
    for line in _behind(config, [each for each in several if each is not None]):
        sys.stderr.write(f"{printable(line)}\n")


def _behind(config: Config, written: Sequence[Script]) -> Iterator[str]:
    """Yield the contract that must run before the written revisions."""
    new = {each.revision for each in written}
    needed = [each for each in written if phase_of(each) is not Phase.CONTRACT]
    if not needed:
        return
    script = ScriptDirectory.from_config(config)
    below_it: list[Any] = []
    with suppress(CommandError):  # env.py may set the folders of revisions
        below_it += script.iterate_revisions(needed[0].revision, "base")
    for below in below_it:
        if below.revision not in new and phase_of(below) is Phase.CONTRACT:
            yield (
                f'revision "{needed[0].revision}" comes after contract '
                f'"{below.revision}" ({below.doc}): on each database first run '
                f"{Phase.CONTRACT.command} {below.revision}"
            )
            return
