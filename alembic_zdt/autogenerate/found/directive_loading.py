"""The import of the directives, once a comparison has found a difference.

It takes longer than the comparison of a hundred tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_zdt import registration
from alembic_zdt.runner.reading import end_reading

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def load_directives(context: MigrationContext) -> None:
    """Import the modules of all directives.

    Meanwhile the server may end a session that is idle in a transaction.  So a
    transaction that has only read is ended first.
    """
    end_reading(context)
    registration.register()
