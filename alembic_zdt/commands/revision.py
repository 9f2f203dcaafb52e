"""``alembic-zdt revision``: Alembic's, with our rewriter, and no change of env.py.

https://alembic.sqlalchemy.org/en/latest/autogenerate.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic import command
from alembic.config import Config

from alembic_zdt.autogenerate.comparing.around import RENAMES
from alembic_zdt.autogenerate.found.asking import OURS
from alembic_zdt.autogenerate.rewriter import after_env
from alembic_zdt.errors import UsageError


def revision(config: Config, renames: Sequence[str] = (), **options: Any) -> None:
    """Write a revision, or one for each phase of what autogenerate found.

    Args:
        config: Alembic's.
        renames: ``table.old:new`` and ``old_table:new_table``.
        options: of ``alembic.command.revision``.

    Raises:
        CommandError: whatever Alembic says.
        UsageError: a rename that cannot be, or without autogenerate.
    """
    if renames and not options.get("autogenerate"):
        raise UsageError(
            "--rename without --autogenerate has no effect",
            detail="What is renamed is found by comparing models and database.",
            hint="Pass --autogenerate, too.",
        )
    config.attributes[RENAMES] = tuple(renames)
    config.attributes[OURS] = True
    command.revision(config, process_revision_directives=after_env, **options)
