"""A decorator on upgrade()."""

import functools
import logging

from alembic import op

revision = "d229d59f109d"
down_revision = None

log = logging.getLogger("alembic.revision")


def logged(function):
    @functools.wraps(function)
    def run():
        log.info("begin %s", function.__name__)
        try:
            return function()
        finally:
            log.info("end %s", function.__name__)

    return run


@logged
def upgrade():
    op.rename_table("users", "people")  # found: rename-table


def downgrade():
    pass
