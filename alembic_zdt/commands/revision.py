"""``alembic-zdt revision``: Alembic's, with our rewriter, and no change of env.py.

https://alembic.sqlalchemy.org/en/latest/autogenerate.html
"""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.config import Config

from alembic_zdt.autogenerate.rewriter import rewriter


def revision(config: Config, **options: Any) -> None:
    """Write a revision, or one for each phase of what autogenerate found.

    Args:
        config: Alembic's.
        options: of ``alembic.command.revision``.

    Raises:
        CommandError: whatever Alembic says.
    """
    command.revision(config, process_revision_directives=rewriter, **options)
