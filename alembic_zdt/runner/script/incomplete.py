r"""End a ``--sql`` script that a refused call has cut off.

Alembic writes a script while it runs the revisions.  So the file holds everything
before the refused call, in a transaction without COMMIT. psql would roll that back
without a message.  The end makes it an error.
https://www.postgresql.org/docs/current/app-psql.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.errors import ZdtError
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.script.text import comment, raise_if

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def end_with_error(context: MigrationContext, error: ZdtError) -> None:
    """Write an end at which the script fails in any client.

    Args:
        context: the migration context of the script.
        error: the error that has ended the script.
    """
    if settings_of(context).sql_flavor == "psql":
        contexts.write(context, r"\set ON_ERROR_STOP on")
    words = f"this script is incomplete: {error.primary}"
    contexts.write(context, comment(words))
    hint = "Correct what alembic has refused, and write the script again."
    contexts.write(context, raise_if("true", words, error.detail, hint))
    if contexts.writes_in_transaction(context):
        contexts.write(context, "ROLLBACK;")
